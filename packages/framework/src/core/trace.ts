import { randomFillSync } from "node:crypto";

// Random bytes come cheaper by the thousand; every id still has 16 of its own.
const pool = Buffer.allocUnsafe(4096);
let used = pool.length;

/** A new trace id: 16 random bytes in hex, the form of a W3C Trace Context trace-id. */
export function newTraceId(): string {
  const at = nextRandom();
  return pool.toString("hex", at, at + 16);
}

/**
 * A UUID of version 7 without its dashes (RFC 9562, section 5.7): it tells when it was made, indexes of such ids grow at
 * their end, and it can be a trace id.
 * @param now milliseconds since 1970
 */
export function newTimedId(now = Date.now()): string {
  const at = nextRandom();
  pool.writeUIntBE(now, at, 6);
  pool[at + 6] = 0x70 | ((pool[at + 6] as number) & 0x0f);
  pool[at + 8] = 0x80 | ((pool[at + 8] as number) & 0x3f);
  return pool.toString("hex", at, at + 16);
}

const dayMs = 86_400_000;
const timed = /^[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/;

/** When such an id was made; undefined for one that does not tell, or tells of a time that has not come. */
export function timeOfId(id: string, now = Date.now()): Date | undefined {
  if (!timed.test(id)) return undefined;
  const time = Number.parseInt(id.slice(0, 12), 16);
  return time <= now + dayMs ? new Date(time) : undefined;
}

/** Where 16 bytes are that nobody has had. */
function nextRandom(): number {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += 16;
  return used - 16;
}

// Visible ASCII without what ends or escapes a JSON string: it goes into frames, headers and logs as it is.
const plainTrace = /^[!#-[\]-~]{1,256}$/;

/** Whether a text from outside may serve as a trace id. */
export function isTraceId(text: unknown): text is string {
  return typeof text === "string" && plainTrace.test(text);
}
