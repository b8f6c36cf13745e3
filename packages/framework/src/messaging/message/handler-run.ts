import { Deadlines } from "../../core/index.js";
import { readPayload } from "./compose.js";
import type { Handler, Received } from "./delivery.js";
import { checkPayload, type StandardSchema } from "./standard-schema.js";

/**
 * What reads a message's payload, checks it and hands it to the handler, within the message's time. Rejects with what
 * the handler threw, with `invalid_argument` (`bad_payload`), or with `deadline_exceeded`.
 */
export function createHandlerRun<T>(
  queue: string,
  schema: StandardSchema<T> | undefined,
  handler: Handler<T>,
): (message: Received) => Promise<unknown> {
  const deadlines = new Deadlines();
  return async (message) => {
    const payload = readPayload(message.raw.content, message.raw.properties.contentType);
    const checked = schema ? await checkPayload(schema, payload, queue) : (payload as T);
    message.begin();
    const given = handler(checked, message);
    // Over already: it needs no time.
    if (!isPromise(given)) return given;
    try {
      return await new Promise((resolve, reject) => {
        message.whenExpired(reject);
        deadlines.add(message);
        given.then(resolve, reject);
      });
    } finally {
      deadlines.remove(message);
    }
  };
}

/** Of whatever kind: an async function's, a query's of mongoose. */
function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}
