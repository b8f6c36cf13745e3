import { newTraceId } from "../../core/index.js";

const dayMs = 86_400_000;
const timeBased = /^[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/;

/**
 * A new id for a message: a UUID of version 7 without its dashes (RFC 9562, section 5.7), so it tells when it was made,
 * indexes of ids grow at their end, and it can begin a W3C trace.
 */
export function newMessageId(now = Date.now()): string {
  const random = newTraceId();
  const variant = "89ab".charAt(Number.parseInt(random.charAt(0), 16) % 4);
  return `${now.toString(16).padStart(12, "0")}7${random.slice(1, 4)}${variant}${random.slice(4, 19)}`;
}

/** When an id was made; undefined for one that does not tell, or tells of a time that has not come. */
export function timeOfId(id: string, now = Date.now()): Date | undefined {
  if (!timeBased.test(id)) return undefined;
  const time = Number.parseInt(id.slice(0, 12), 16);
  return time <= now + dayMs ? new Date(time) : undefined;
}
