import { STATUS_CODES } from "node:http";
import { httpStatusOfError, resultCodeOf, VastifyError } from "../core/index.js";

/** The media type of RFC 9457. */
export const problemType = "application/problem+json";

/** An error as RFC 9457 problem details, with our members `code`, `reason`, `result` and `tx`. Never a stack. */
export function problemOf(error: VastifyError, tx: string): Record<string, unknown> {
  const status = httpStatusOfError(error);
  const { code, message, reason, details } = VastifyError.toWire(error, tx);
  const result = resultCodeOf(error);
  return {
    type: "about:blank",
    title: STATUS_CODES[status] ?? "Error",
    status,
    detail: message,
    code,
    ...(reason !== undefined && { reason }),
    ...(details !== undefined && { details }),
    ...(result !== undefined && { result }),
    tx,
  };
}
