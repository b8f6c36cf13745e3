import { badOption } from "../core/index.js";

/** What a microservice port takes from its peers. */
export interface TransportLimits {
  /** The largest message, in bytes. @default 1_048_576 */
  maxBytes?: number;
  /** How deep a message may be nested. @default 128 */
  maxDepth?: number;
  /** Calls in flight on one connection. @default 10_000 */
  maxCallsPerConnection?: number;
  /** Calls in flight in this process. @default 50_000 */
  maxCalls?: number;
  /** Open connections. @default 10_000 */
  maxConnections?: number;
  /** How long a connection may take to say which protocol it speaks, or an HTTP request for its headers, in milliseconds. @default 10_000 */
  helloTimeoutMs?: number;
  /** How long a connection may be silent, in milliseconds. @default 60_000 */
  idleTimeoutMs?: number;
  /** The longest deadline a peer may ask for, in milliseconds. @default 3_600_000 */
  maxTimeoutMs?: number;
}

export type ResolvedTransportLimits = Required<TransportLimits>;

const defaults: ResolvedTransportLimits = {
  maxBytes: 1_048_576,
  maxDepth: 128,
  maxCallsPerConnection: 10_000,
  maxCalls: 50_000,
  maxConnections: 10_000,
  helloTimeoutMs: 10_000,
  idleTimeoutMs: 60_000,
  maxTimeoutMs: 3_600_000,
};

export const transportLimitNames: readonly string[] = Object.keys(defaults);

/** @throws VastifyError `invalid_argument`, reason `bad_option`, naming the limit */
export function resolveTransportLimits(limits: TransportLimits = {}): ResolvedTransportLimits {
  const resolved = { ...defaults };
  for (const name of Object.keys(defaults) as (keyof TransportLimits)[]) {
    const value = limits[name];
    if (value === undefined) continue;
    if (!Number.isInteger(value) || value < 1) throw badOption(`limits.${name}`, value, "a whole number above 0");
    resolved[name] = value;
  }
  return resolved;
}

/** How long a peer waits, if it said so in a way that makes sense. */
export function timeoutOf(given: unknown, { maxTimeoutMs }: ResolvedTransportLimits): number | undefined {
  return typeof given === "number" && given > 0 ? Math.min(given, maxTimeoutMs) : undefined;
}
