import type { Middleware } from "koa";
import type { Exchange } from "../exchange.js";

/** Something that is done to every answer, whatever the route. */
export interface EdgeStep {
  /** Before anything else; it may answer by itself. */
  begin?(ctx: Exchange): "go on" | "answered";
  /** When there is an answer; not for problems. */
  finish?(ctx: Exchange): Promise<void> | undefined;
  /** In the end, whatever came of the request: a problem is yet to be written then. */
  seal?(ctx: Exchange): void;
}

/** What stands in front of everything that is served. */
export interface Edge {
  /** Answers a request by what `serve` does, which is left out where a step has answered. */
  pass(ctx: Exchange, serve: () => Promise<void> | void): Promise<void>;
}

/** @param steps the outermost first */
export function composeSteps(steps: readonly EdgeStep[]): Edge {
  const beginning = steps.flatMap(({ begin }) => begin ?? []);
  const finishing = steps.flatMap(({ finish }) => finish ?? []).reverse();
  const sealing = steps.flatMap(({ seal }) => seal ?? []).reverse();

  return {
    async pass(ctx, serve) {
      try {
        for (const begin of beginning) if (begin(ctx) === "answered") return;
        await serve();
        for (const finish of finishing) {
          const finished = finish(ctx);
          if (finished) await finished;
        }
      } finally {
        for (const seal of sealing) seal(ctx);
      }
    },
  };
}

/** The same in front of what Koa serves. */
export function edgeOfKoa(edge: Edge): Middleware {
  return (ctx, next) => edge.pass(ctx, next);
}
