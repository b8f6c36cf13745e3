import { VastifyError } from "../core/index.js";
import { type Detached, detach } from "./attachments.js";
import { withoutDirectives } from "./clean-message.js";
import type { Outgoing } from "./inbound.js";

/** A message ready to be sent. */
export interface Encoded {
  readonly json: string;
  readonly attachments: Detached["attachments"];
}

/** The message of a call as it is sent; undefined when it can't be, which the call was told. */
export function encodedFor(outgoing: Outgoing): Encoded | undefined {
  try {
    const { json, attachments } = detach(withoutDirectives(outgoing.call.message));
    return { json: JSON.stringify(json), attachments };
  } catch (thrown) {
    outgoing.failed(VastifyError.is(thrown) ? thrown : notJson(thrown));
    return undefined;
  }
}

function notJson(cause: unknown): VastifyError {
  return new VastifyError("invalid_argument", "the message can't be written as JSON", { reason: "bad_body", cause });
}
