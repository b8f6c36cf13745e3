import { randomFillSync } from "node:crypto";

// Random bytes come cheaper by the thousand; every id still has 16 of its own.
const pool = Buffer.allocUnsafe(4096);
let used = pool.length;

/** A new trace id: 16 random bytes in hex, the form of a W3C Trace Context trace-id. */
export function newTraceId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += 16;
  return pool.toString("hex", used - 16, used);
}

// Visible ASCII without what ends or escapes a JSON string: it goes into frames, headers and logs as it is.
const plainTrace = /^[!#-[\]-~]{1,256}$/;

/** Whether a text from outside may serve as a trace id. */
export function isTraceId(text: unknown): text is string {
  return typeof text === "string" && plainTrace.test(text);
}
