import type { VastifyError } from "./error.js";

/** The result codes that services of one system share; config-server hands them out. */
export const resultCodes = {
  success: { code: 1000, desc: "success" },
  badParameters: { code: 2000, desc: "bad client parameters" },
  wrongCredentials: { code: 2100, desc: "wrong user name or password" },
  notLoggedIn: { code: 2101, desc: "not logged in" },
  noPattern: { code: 30404, desc: "no pattern matched locally" },
  peerFailed: { code: 30500, desc: "peer had no matching pattern or failed" },
  peerUnreachable: { code: 30502, desc: "nothing listens at the peer's address" },
  peerTimedOut: { code: 30504, desc: "peer timed out" },
} as const;

const byReason: Readonly<Record<string, number>> = {
  wrong_credentials: resultCodes.wrongCredentials.code,
  not_logged_in: resultCodes.notLoggedIn.code,
  no_pattern: resultCodes.noPattern.code,
  peer_no_pattern: resultCodes.peerFailed.code,
  dependency_failed: resultCodes.peerFailed.code,
  peer_failed: resultCodes.peerFailed.code,
  peer_unreachable: resultCodes.peerUnreachable.code,
};

/** The shared result code that fits an error, if one does. */
export function resultCodeOf(error: VastifyError): number | undefined {
  if (error.reason !== undefined && byReason[error.reason] !== undefined) return byReason[error.reason];
  if (error.code === "invalid_argument") return resultCodes.badParameters.code;
  if (error.code === "deadline_exceeded") return resultCodes.peerTimedOut.code;
  return undefined;
}
