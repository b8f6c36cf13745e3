import { badOption, type VastifyError } from "../../core/index.js";

export interface RetryOptions {
  /**
   * How long to wait before each repetition, in milliseconds; after the last one a message is parked.
   * @default [1_000, 5_000, 30_000, 120_000]
   */
  delaysMs?: readonly number[];
  /** Whether repeating may help. @default for everything but `invalid_argument` and `unimplemented` */
  when?: (error: VastifyError) => boolean;
}

export interface ResolvedRetry {
  readonly delaysMs: readonly number[];
  readonly when: (error: VastifyError) => boolean;
}

const hopeless: ReadonlySet<string> = new Set(["invalid_argument", "unimplemented"]);

/** @throws VastifyError `invalid_argument`, reason `bad_option` */
export function resolveRetry(name: string, options: RetryOptions | false = {}): ResolvedRetry {
  const { delaysMs = [1_000, 5_000, 30_000, 120_000], when = ({ code }: VastifyError) => !hopeless.has(code) } =
    options === false ? { delaysMs: [] } : options;
  for (const ms of delaysMs) {
    if (typeof ms !== "number" || !(ms >= 0 && Number.isFinite(ms)))
      throw badOption(`${name}.delaysMs`, ms, "milliseconds from 0 up");
  }
  return { delaysMs, when };
}
