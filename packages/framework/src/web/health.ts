import type { PlainServer } from "./direct/plain-server.js";

export interface HealthReport {
  /** Whether requests should be sent here. */
  readonly ready: boolean;
  readonly body: Readonly<Record<string, unknown>>;
}

/** `GET /health` for registries and balancers: 200 when requests should be sent here, else 503. */
export function health(report: () => HealthReport): PlainServer {
  return (method, path) => {
    if (path !== "/health" || (method !== "GET" && method !== "HEAD")) return undefined;
    return (ctx) => {
      const { ready, body } = report();
      ctx.state.route = "/health";
      ctx.status = ready ? 200 : 503;
      ctx.set("cache-control", "no-store");
      ctx.set("content-type", "application/json; charset=utf-8");
      ctx.body = JSON.stringify(body);
    };
  };
}
