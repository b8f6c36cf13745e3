import { isErrorCode, VastifyError, type WireError } from "../core/index.js";
import type { Endpoint } from "./inbound.js";

/** An error as it crosses to a peer; details that can't be written as JSON stay behind. */
export function wireErrorOf(error: unknown, tx: string | undefined): WireError {
  const { details, ...wire } = VastifyError.toWire(error, tx);
  if (details === undefined) return wire;
  try {
    JSON.stringify(details);
    return { ...wire, details };
  } catch {
    return wire;
  }
}

/** By these a caller knows that its call did not run, or lost its connection: only we ourselves may say so of us. */
const saidOfUs: ReadonlySet<string | undefined> = new Set([
  "draining",
  "peer_lost",
  "peer_unreachable",
  "too_many_calls",
]);

/** The failure of an action that did run: what it says of a service behind us must not be taken for what we say of us. */
export function failureOfAction(thrown: unknown): VastifyError {
  const error = VastifyError.from(thrown);
  const { code, message, reason, details, cause } = error;
  if (!saidOfUs.has(reason)) return error;
  return new VastifyError(code, message, { reason: "dependency_failed", details: { ...details, reason }, cause });
}

/** The error that a peer answered with. */
export function peerError(body: unknown, { host, port }: Endpoint): VastifyError {
  return peerErrorOf(body, `the peer at ${host}:${port}`);
}

/** @param peer such as `the peer at 10.0.0.7:10015` */
export function peerErrorOf(body: unknown, peer: string): VastifyError {
  const wire = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  if (isErrorCode(wire.code)) {
    const error = VastifyError.fromWire(wire);
    // Here it was the peer, not we, that had no pattern.
    if (error.reason !== "no_pattern") return error;
    return new VastifyError(error.code, error.message, { reason: "peer_no_pattern", details: error.details });
  }
  const said = typeof wire.message === "string" ? wire.message : "without saying why";
  return new VastifyError("internal", `${peer} failed: ${said}`, { reason: "peer_failed" });
}

/** What the peer sends is not our protocol, or it breaks its rules. */
export function peerBroke({ host, port }: Endpoint, why: string): VastifyError {
  return new VastifyError("internal", `the peer at ${host}:${port} does not speak our protocol: ${why}`, {
    reason: "peer_failed",
  });
}

/** What a caller is told by an instance that leaves: the call was not carried out. */
export function instanceLeaving(): VastifyError {
  return new VastifyError("unavailable", "this instance is leaving; call another", { reason: "draining" });
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
