import { join } from "node:path";
import type { DeployHost } from "./deploy-host.js";

/** The npm package of the framework, as this repository builds it. */
const framework = join(import.meta.dirname, "../../../framework");

/**
 * A system of one service that says its version at `GET /version`: two workers that share `httpPort`.
 * Its releases link the framework instead of installing it.
 */
export function shopFiles(hosts: DeployHost["hosts"], httpPort: number): Record<string, string> {
  const links = [
    "mkdir -p node_modules/.bin",
    `ln -sfn ${framework} node_modules/vastify`,
    `ln -sfn ${join(framework, "bin/vastify.mjs")} node_modules/.bin/vastify`,
  ];
  const system = {
    name: "shop",
    build: { install: links.join(" && "), compile: "node --check shop.mjs" },
    services: { shop: { entry: "shop.mjs", version: "1.0.0", httpPort, microservicePort: httpPort + 1, instances: 2 } },
    hosts: { production: hosts },
  };
  return {
    "vastify.config.json": JSON.stringify(system, undefined, 2),
    "package-lock.json": "{}\n",
    ".gitignore": "node_modules\n",
  };
}

/** The one program of the shop. */
export function shopProgram(version: string, { broken = "" }: { readonly broken?: string } = {}): string {
  return `import { createService, runService } from "vastify";

${broken}
function versions() {
  this.add({ role: "shop", get: "version" }, (_message, reply) => reply(null, { version: "${version}" }));
}

await runService(
  () =>
    createService({
      name: "shop",
      version: "${version}",
      http: { port: Number(process.env.HTTP_PORT) },
      microservice: { port: Number(process.env.MICROSERVICE_PORT) },
      consul: { address: process.env.CONSUL_HTTP_ADDR },
      modules: [{ plugin: versions, routes: { pin: "role:shop,get:*", map: { version: { GET: true } } } }],
    }),
  process,
);
`;
}
