import { createDescriptions } from "../routing/index.js";
import { createGatewayRoutes, type ServedRoute } from "../web/index.js";
import { composeService, type Extend, type Service } from "./create-service.js";
import { resolveServiceOptions, type ServiceOptions } from "./service-options.js";

export interface GatewayOptions extends Omit<ServiceOptions, "microservice" | "modules" | "contracts"> {}

export interface Gateway extends Service {
  /** What is served now, and by whom. */
  readonly routes: readonly ServedRoute[];
}

/**
 * A service that serves every target's published routes on one port. It finds them by discovery: routes appear with
 * the first instance that offers them, and answer 503 while no instance of their target is alive.
 * @throws VastifyError `invalid_argument`, reason `bad_option`, naming the option that is missing or wrong
 */
export function createGateway(options: GatewayOptions): Gateway {
  const resolved = resolveServiceOptions({ ...options, microservice: false });
  let served: () => readonly ServedRoute[] = () => [];
  const extend: Extend = ({ directory, transport, act, log }) => {
    const routes = createGatewayRoutes({ act, maxBodyBytes: resolved.http.maxBodyBytes, log });
    const descriptions = createDescriptions({ directory, transport, log });
    served = () => routes.routes;
    return {
      middleware: routes.middleware as never,
      part: {
        name: "routes",
        async start() {
          descriptions.onChange(() => routes.update(descriptions.list()));
          descriptions.start();
        },
        stop: () => descriptions.stop(),
        health: () => ({ ok: true, served: routes.routes.length }),
      },
    };
  };
  const service = composeService(resolved, extend);
  return Object.defineProperty(service, "routes", { get: () => served(), enumerable: true }) as Gateway;
}
