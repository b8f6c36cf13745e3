import type { IncomingMessage, ServerResponse } from "node:http";
import type { Logger } from "../../core/index.js";
import type { Exchange } from "../exchange.js";
import { answerProblem, endRequest } from "../request-life.js";
import { type ContextMaker, PlainExchange } from "./plain-exchange.js";
import type { PlainServer } from "./plain-server.js";
import { sendAnswer } from "./send-answer.js";

export interface AnswerPlainlyOptions {
  /** Makes Koa's application when it is needed. */
  koa(): ContextMaker;
  /** The first that answers a request answers it. */
  readonly servers: readonly PlainServer[];
  readonly log: Logger;
  isLeaving(): boolean;
}

/** A path and a query in visible ASCII, and nothing that only a parser of URLs knows. */
const plainTarget = /^\/(?!\/)[!"$-~]*$/;

/**
 * Answers requests as the Koa application does, at half the price.
 * @returns false for a request that it leaves to Koa, untouched
 */
export function answerPlainly(options: AnswerPlainlyOptions): (req: IncomingMessage, res: ServerResponse) => boolean {
  const { koa, servers, log } = options;

  async function answer(exchange: PlainExchange, serve: (ctx: Exchange) => Promise<void> | void): Promise<void> {
    try {
      await serve(exchange);
    } catch (thrown) {
      answerProblem(exchange, thrown, log);
    }
    endRequest(exchange, options);
    try {
      sendAnswer(exchange, log);
    } catch (err) {
      log.error("an answer can't be written", { tx: exchange.state.tx, err });
      exchange.res.destroy();
    }
  }

  return (req, res) => {
    const { url = "", method = "", headers } = req;
    if (headers.upgrade !== undefined || !plainTarget.test(url)) return false;
    const end = url.indexOf("?");
    const path = end < 0 ? url : url.slice(0, end);
    for (const server of servers) {
      const serve = server(method, path);
      if (!serve) continue;
      void answer(new PlainExchange(koa, req, res, path, end < 0 ? "" : url.slice(end + 1)), serve);
      return true;
    }
    return false;
  };
}
