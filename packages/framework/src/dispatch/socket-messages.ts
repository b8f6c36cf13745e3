import { checkValue, type MessageShape, type SocketRules, withLength } from "../contracts/index.js";
import { isDeeperThan, parseSafely, VastifyError } from "../core/index.js";

/** As deep as a message between services may be. */
const maxDepth = 128;

/**
 * A client's messages as their action gets them.
 * @throws VastifyError `invalid_argument`, reason `bad_json` or `bad_input`
 */
export async function* readMessages(
  messages: AsyncIterable<Buffer>,
  shape: MessageShape,
  of: string,
): AsyncGenerator<unknown> {
  for await (const message of messages) {
    if (shape === "bytes") yield message;
    else if (shape === "text") yield message.toString();
    else yield await checkValue(shape, parse(message.toString()), { of, side: "input" });
  }
}

function parse(json: string): unknown {
  if (isDeeperThan(json, maxDepth)) throw badJson(`it is nested deeper than ${maxDepth} levels`);
  try {
    return parseSafely(json);
  } catch {
    throw badJson("it is not JSON");
  }
}

function badJson(why: string): VastifyError {
  return new VastifyError("invalid_argument", `a message can't be read: ${why}`, { reason: "bad_json" });
}

/**
 * An action's messages as they are sent.
 * @throws VastifyError `internal`, reason `bad_output`
 */
export async function* writeMessages(
  messages: AsyncIterable<unknown>,
  { sends, maxBytes }: Required<SocketRules>,
  of: string,
): AsyncGenerator<Buffer> {
  for await (const message of messages) {
    const bytes = await write(message, sends, of);
    if (bytes.length > maxBytes) throw badMessage(of, `of ${bytes.length} bytes; its contract allows ${maxBytes}`);
    yield withLength(bytes);
  }
}

async function write(message: unknown, shape: MessageShape, of: string): Promise<Uint8Array> {
  if (shape === "bytes") {
    if (message instanceof Uint8Array) return message;
    throw badMessage(of, "that is no bytes");
  }
  const text = shape === "text" ? message : JSON.stringify(await checkValue(shape, message, { of, side: "output" }));
  if (typeof text === "string") return Buffer.from(text);
  throw badMessage(of, shape === "text" ? "that is no text" : "that can't be written as JSON");
}

function badMessage(of: string, what: string): VastifyError {
  return new VastifyError("internal", `${of} sent a message ${what}`, { reason: "bad_output" });
}
