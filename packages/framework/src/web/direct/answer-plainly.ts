import type { IncomingMessage, ServerResponse } from "node:http";
import type { Logger } from "../../core/index.js";
import type { Edge } from "../edge/edge-step.js";
import type { FoundRoute, GatewayRoutes } from "../gateway-routes.js";
import { answerProblem, endRequest } from "../request-life.js";
import { type ContextMaker, PlainExchange } from "./plain-exchange.js";
import { sendAnswer } from "./send-answer.js";

export interface AnswerPlainlyOptions {
  readonly koa: ContextMaker;
  readonly edge: Edge;
  readonly routes: Pick<GatewayRoutes, "find" | "servePlain">;
  /** Beginnings of paths that Koa serves, whatever routes there are. */
  readonly kept: readonly string[];
  readonly log: Logger;
  isLeaving(): boolean;
}

/**
 * Answers requests for plain routes as the Koa application does, at half the price.
 * @returns false for a request that it leaves to Koa, untouched
 */
export function answerPlainly(options: AnswerPlainlyOptions): (req: IncomingMessage, res: ServerResponse) => boolean {
  const { koa, edge, routes, kept, log } = options;

  async function answer(exchange: PlainExchange, { entry, params }: FoundRoute): Promise<void> {
    try {
      await edge.pass(exchange, () => routes.servePlain(exchange, entry, params));
    } catch (thrown) {
      answerProblem(exchange, thrown, log);
    }
    endRequest(exchange, options);
    sendAnswer(exchange, log);
  }

  return (req, res) => {
    const { url = "", method = "", headers } = req;
    if (headers.upgrade !== undefined || !isPlainTarget(url)) return false;
    const end = url.indexOf("?");
    const path = end < 0 ? url : url.slice(0, end);
    const found = routes.find(method, path);
    if (!found?.entry.isPlain || kept.some((beginning) => path.startsWith(beginning))) return false;
    const exchange = new PlainExchange(koa, req, res, path, end < 0 ? "" : url.slice(end + 1));
    void answer(exchange, found);
    return true;
  };
}

/** A path and a query, and nothing that only a parser of URLs knows. */
function isPlainTarget(target: string): boolean {
  return target.startsWith("/") && !target.startsWith("//") && !target.includes("#");
}
