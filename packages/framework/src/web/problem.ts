import { STATUS_CODES } from "node:http";
import { httpStatusOf, resultCodeOf, VastifyError } from "../core/index.js";

/** The media type of RFC 9457. */
export const problemType = "application/problem+json";

/** Statuses that HTTP has a finer word for than the error's code. */
const statusByReason: Readonly<Record<string, number>> = {
  method_not_allowed: 405,
  body_too_large: 413,
  unsupported_media_type: 415,
};

export function statusOfError(error: VastifyError): number {
  const byReason = error.reason === undefined ? undefined : statusByReason[error.reason];
  return byReason ?? httpStatusOf(error.code);
}

/** An error as RFC 9457 problem details, with our members `code`, `reason`, `result` and `tx`. Never a stack. */
export function problemOf(error: VastifyError, tx: string): Record<string, unknown> {
  const status = statusOfError(error);
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
