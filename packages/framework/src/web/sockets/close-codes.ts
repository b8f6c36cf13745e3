import { type ErrorCode, VastifyError } from "../../core/index.js";

/** How a socket is closed: RFC 6455, section 7.4.1, and the registry of close codes that IANA keeps for it. */
export interface Closing {
  readonly code: number;
  /** For people and programs; never more than an error's reason or code. */
  readonly why: string;
}

export const normal: Closing = { code: 1000, why: "" };
export const leaving: Closing = { code: 1001, why: "draining" };
export const wrongKind: Closing = { code: 1003, why: "unsupported_data" };
export const idle: Closing = { code: 3008, why: "idle" };

const codeByReason: Readonly<Record<string, number>> = {
  bad_json: 1007,
  draining: 1012,
  peer_lost: 1012,
};

const codeByError: Readonly<Partial<Record<ErrorCode, number>>> = {
  invalid_argument: 1008,
  unauthenticated: 3000,
  permission_denied: 3003,
  resource_exhausted: 1013,
  unavailable: 1013,
  deadline_exceeded: 3008,
};

/** What a client is told when its action fails: 1011 where nothing says more. */
export function closingOf(thrown: unknown): Closing {
  const { code, reason } = VastifyError.from(thrown);
  const said = reason ?? code;
  // A control frame has room for 123 bytes, and a reason may be an author's own.
  return { code: codeByReason[said] ?? codeByError[code] ?? 1011, why: /^[\w.-]{1,123}$/.test(said) ? said : code };
}

/** Whether a client closed its socket on purpose: done, gone elsewhere, or without saying why. */
export function isGoodbye(code: number): boolean {
  return code === 1000 || code === 1001 || code === 1005;
}
