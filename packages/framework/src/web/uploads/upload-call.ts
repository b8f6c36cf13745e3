import type { Readable } from "node:stream";
import type { UploadRules } from "../../contracts/index.js";
import type { Exchange } from "../exchange.js";

/** How the body of a request reaches its action. */
export interface UploadState {
  /** Of the route, when its body is an upload. */
  uploadRules?: Required<UploadRules> | undefined;
  /** The body, once it was taken. */
  upload?: Readable;
}

/** How long an upload may take unless its action says so: the longest that peers allow each other, in milliseconds. */
const longestUploadMs = 3_600_000;

/** Calls an action with the body of an upload route in its message; other calls stay as they are. */
export async function callWithUpload(
  ctx: Exchange,
  message: { readonly args: object } & Readonly<Record<string, unknown>>,
  act: (message: Readonly<Record<string, unknown>>, more: { timeoutMs?: number }) => Promise<unknown>,
): Promise<unknown> {
  const { upload } = ctx.state as UploadState;
  if (!upload) return act(message, {});
  const args = { ...message.args, uploadType: ctx.get("content-type") };
  try {
    return await act({ ...message, args, upload }, { timeoutMs: longestUploadMs });
  } catch (error) {
    // The action only knows that its stream broke off; what was wrong with it was seen here.
    throw upload.errored ?? error;
  }
}
