/** What went wrong, for machines: a closed list that HTTP status and retries are decided by. */
export const errorCodes = [
  "canceled",
  "invalid_argument",
  "unauthenticated",
  "permission_denied",
  "not_found",
  "already_exists",
  "failed_precondition",
  "resource_exhausted",
  "deadline_exceeded",
  "unavailable",
  "unimplemented",
  "internal",
] as const;
export type ErrorCode = (typeof errorCodes)[number];

export interface VastifyErrorOptions {
  /** Why, more narrowly than the code; the documented ones are in docs/reference/errors.md. */
  reason?: string | undefined;
  /** Plain JSON data for the caller: never secrets. It crosses the wire. */
  details?: Readonly<Record<string, unknown>> | undefined;
  /** What caused it. It stays in this process. */
  cause?: unknown;
}

/** An error as it crosses between processes: never a cause, never a stack. */
export interface WireError {
  code: ErrorCode;
  message: string;
  reason?: string | undefined;
  details?: Readonly<Record<string, unknown>> | undefined;
}

// Registered symbols, so that two copies of this package in one process recognise each other's errors.
const brand = Symbol.for("vastify.error");

/**
 * The one error class. `code` is for machines, `message` for people: it says what was got, what was expected, and
 * names the option or target.
 */
export class VastifyError extends Error {
  override readonly name = "VastifyError";
  readonly code: ErrorCode;
  readonly reason: string | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(code: ErrorCode, message: string, options: VastifyErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.reason = options.reason;
    this.details = options.details;
    Object.defineProperty(this, brand, { value: true });
  }

  static is(value: unknown): value is VastifyError {
    return typeof value === "object" && value !== null && brand in value;
  }

  /** The error itself when it is ours; anything else becomes `internal`, or `canceled` for an abort, with the original as cause. */
  static from(thrown: unknown): VastifyError {
    if (VastifyError.is(thrown)) return thrown;
    if (thrown instanceof Error) {
      if (thrown.name === "AbortError") return new VastifyError("canceled", "the call was canceled", { cause: thrown });
      // Seneca wraps what a handler threw or replied; the original is what callers mean.
      if ("orig$" in thrown && VastifyError.is(thrown.orig$)) return thrown.orig$;
      return new VastifyError("internal", thrown.message, { cause: thrown });
    }
    return new VastifyError("internal", `something that is not an Error was thrown: ${textOf(thrown)}`, {
      cause: thrown,
    });
  }

  /**
   * What may leave this process. The message of an error that we did not write may hold secrets or paths, so it
   * becomes a plain sentence with the trace id, by which the full error is found in the log.
   * @param tx the trace id of the failed call
   */
  static toWire(thrown: unknown, tx?: string): WireError {
    if (!VastifyError.is(thrown) || isForeign(thrown)) {
      const trace = tx === undefined ? "" : ` (trace id ${tx})`;
      const code = VastifyError.is(thrown) ? thrown.code : "internal";
      return { code, message: `the action failed; its service's log says why${trace}` };
    }
    const { code, message, reason, details } = thrown;
    return { code, message, ...(reason !== undefined && { reason }), ...(details !== undefined && { details }) };
  }

  /** The error that a peer sent; an unknown code, as from a newer peer, becomes `internal`. */
  static fromWire(wire: Readonly<Record<string, unknown>>): VastifyError {
    const code = isErrorCode(wire.code) ? wire.code : "internal";
    const message = typeof wire.message === "string" ? wire.message : "the peer failed without saying why";
    const details = typeof wire.details === "object" && wire.details !== null ? { ...wire.details } : undefined;
    return new VastifyError(code, message, {
      reason: typeof wire.reason === "string" ? wire.reason : undefined,
      details,
    });
  }
}

export function isErrorCode(value: unknown): value is ErrorCode {
  return (errorCodes as readonly unknown[]).includes(value);
}

/** Not everything can be made a text: `Object.create(null)` can't. */
function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return typeof value;
  }
}

/** Made by `VastifyError.from` out of an error that somebody else wrote. */
function isForeign(error: VastifyError): boolean {
  return error.cause !== undefined && (error.code === "internal" || error.code === "canceled");
}

const statusByCode: Readonly<Record<ErrorCode, number>> = {
  canceled: 499,
  invalid_argument: 400,
  unauthenticated: 401,
  permission_denied: 403,
  not_found: 404,
  already_exists: 409,
  failed_precondition: 409,
  resource_exhausted: 429,
  deadline_exceeded: 504,
  unavailable: 503,
  unimplemented: 501,
  internal: 500,
};

/** The HTTP status of an error code (RFC 9110; 499 is the usual one for a client that hung up). */
export function httpStatusOf(code: ErrorCode): number {
  return statusByCode[code];
}

/** Reasons that HTTP has a finer word for than for the error's code. */
const statusByReason: Readonly<Record<string, number>> = {
  method_not_allowed: 405,
  precondition_failed: 412,
  body_too_large: 413,
  unsupported_media_type: 415,
  too_many_parts: 413,
  bad_range: 416,
  upload_stalled: 408,
  headers_stalled: 408,
  upgrade_required: 426,
  headers_too_large: 431,
};

/** The HTTP status of an error, by its reason or else its code. */
export function httpStatusOfError({ code, reason }: VastifyError): number {
  return (reason === undefined ? undefined : statusByReason[reason]) ?? httpStatusOf(code);
}
