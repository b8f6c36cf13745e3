import type { Middleware } from "koa";

export interface HealthReport {
  /** Whether requests should be sent here. */
  readonly ready: boolean;
  readonly body: Readonly<Record<string, unknown>>;
}

/** `GET /health` for registries and balancers: 200 when requests should be sent here, else 503. */
export function health(report: () => HealthReport): Middleware {
  return (ctx, next) => {
    if (ctx.path !== "/health" || (ctx.method !== "GET" && ctx.method !== "HEAD")) return next();
    const { ready, body } = report();
    ctx.state.route = "/health";
    ctx.status = ready ? 200 : 503;
    ctx.set("cache-control", "no-store");
    ctx.type = "json";
    ctx.body = JSON.stringify(body);
    return Promise.resolve();
  };
}
