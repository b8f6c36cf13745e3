import { isErrorCode, VastifyError } from "../core/index.js";
import type { Endpoint } from "./inbound.js";

/** The error that a peer answered with. */
export function peerError(body: unknown, { host, port }: Endpoint): VastifyError {
  const wire = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  if (isErrorCode(wire.code)) {
    const error = VastifyError.fromWire(wire);
    // Here it was the peer, not we, that had no pattern.
    if (error.reason !== "no_pattern") return error;
    return new VastifyError(error.code, error.message, { reason: "peer_no_pattern", details: error.details });
  }
  const said = typeof wire.message === "string" ? wire.message : "without saying why";
  return new VastifyError("internal", `the peer at ${host}:${port} failed: ${said}`, { reason: "peer_failed" });
}

/** Nothing was sent, so the call certainly did not run. */
export function peerUnreachable({ host, port }: Endpoint, cause: Error): VastifyError {
  return new VastifyError("unavailable", `the peer at ${host}:${port} can't be reached: ${cause.message}`, {
    reason: "peer_unreachable",
  });
}

/** The call was sent; nobody knows whether it ran. */
export function peerLost({ host, port }: Endpoint, cause: Error): VastifyError {
  return new VastifyError("unavailable", `the peer at ${host}:${port} broke off the connection: ${cause.message}`, {
    reason: "peer_lost",
  });
}
