import type { PlainServer } from "./direct/plain-server.js";
import type { Exchange } from "./exchange.js";
import { expectReading } from "./methods.js";
import { ownPaths } from "./own-paths.js";

export interface HealthReport {
  /** Whether requests should be sent here. */
  readonly ready: boolean;
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * For registries and balancers, `GET /health`: 200 when requests should be sent here, else 503. For who restarts what
 * hangs, `GET /health/live`: 200 for as long as this process answers at all, also while it starts, ails or leaves.
 */
export function health(report: () => HealthReport): PlainServer {
  const answers = new Map<string, (ctx: Exchange) => void>([
    [
      ownPaths.health,
      (ctx) => {
        const { ready, body } = report();
        answer(ctx, ready ? 200 : 503, body);
      },
    ],
    [ownPaths.alive, (ctx) => answer(ctx, 200, { status: "alive" })],
  ]);
  return (_method, path) => answers.get(path);
}

function answer(ctx: Exchange, status: number, body: Readonly<Record<string, unknown>>): void {
  ctx.state.route = ctx.path;
  expectReading(ctx);
  ctx.status = status;
  ctx.set("cache-control", "no-store");
  ctx.set("content-type", "application/json; charset=utf-8");
  ctx.body = JSON.stringify(body);
}
