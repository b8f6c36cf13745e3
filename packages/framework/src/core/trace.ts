import { randomBytes } from "node:crypto";

/** A new trace id: 16 random bytes in hex, the form of a W3C Trace Context trace-id. */
export function newTraceId(): string {
  return randomBytes(16).toString("hex");
}
