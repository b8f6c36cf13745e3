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

/** Whether a text from outside may serve as a trace id: it goes into headers and logs, so it must be plain and short. */
export function isTraceId(text: unknown): text is string {
  return typeof text === "string" && /^[\w.:@-]{1,128}$/.test(text);
}
