import { VastifyError } from "./error.js";
import { isTargetName } from "./expect-option.js";

/** What a caller sends: its keys choose the action, and the whole of it is the action's input. */
export type Message = Readonly<Record<string, unknown>>;

/** Which service a message is for. */
export interface Addressee {
  readonly target: string;
  /** Exact, a range, or absent for the newest stable version that is alive. */
  readonly version: string | undefined;
}

/**
 * The addressee that `$$target` and `$$version` name, if the message names one.
 * @throws VastifyError `invalid_argument` when `$$target` is there but could be no service's name, or `$$version` is no text
 */
export function addresseeOf(message: Message): Addressee | undefined {
  const target = message.$$target;
  const version = message.$$version;
  if (target === undefined) return undefined;
  if (!isTargetName(target)) {
    const got = typeof target === "string" ? target.slice(0, 100) : target;
    throw new VastifyError("invalid_argument", `$$target must name a service, got ${JSON.stringify(got)}`, {
      reason: "bad_target",
    });
  }
  if (version === undefined || version === null || version === "") return { target, version: undefined };
  if (typeof version !== "string" && typeof version !== "number") {
    throw new VastifyError(
      "invalid_argument",
      `$$version must be a version or a range, got ${JSON.stringify(version)}`,
      {
        reason: "bad_version",
      },
    );
  }
  return { target, version: String(version) };
}
