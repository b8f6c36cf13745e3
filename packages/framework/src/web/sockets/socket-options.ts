import { fields, milliseconds, wholeNumber } from "../../core/index.js";

/** How many WebSockets a gateway carries, and for how long. */
export interface SocketOptions {
  /** How many may be open at once. @default 10_000 */
  max?: number;
  /** How many one consumer (of an unknown one: one address) may have open at once. @default no bound */
  maxEach?: number;
  /**
   * How often a client is asked whether it is there, in milliseconds; one that has neither answered nor read anything by
   * the next time is cut off. @default 30_000
   */
  heartbeatMs?: number;
  /** How long a socket may carry no message either way before it is closed, in milliseconds. @default 3_600_000 */
  idleMs?: number;
}

export type ResolvedSocketOptions = Readonly<Required<SocketOptions>>;

const known = fields<SocketOptions>({
  max: wholeNumber(1),
  maxEach: wholeNumber(1),
  heartbeatMs: milliseconds(1),
  idleMs: milliseconds(1),
});

/** @throws VastifyError `invalid_argument`, reason `bad_option`, naming the option */
export function resolveSocketOptions(options: SocketOptions, where: string): ResolvedSocketOptions {
  const given = known(options, where);
  return {
    max: given.max ?? 10_000,
    maxEach: given.maxEach ?? Number.POSITIVE_INFINITY,
    heartbeatMs: given.heartbeatMs ?? 30_000,
    idleMs: given.idleMs ?? 3_600_000,
  };
}
