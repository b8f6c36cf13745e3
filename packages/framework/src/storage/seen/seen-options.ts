import { badOption } from "../../core/index.js";

export interface SeenOptions {
  /** How long is remembered that a message was handled, in milliseconds: longer than a duplicate may be late. @default 86_400_000 */
  keepMs?: number;
  /** How long others wait for a process that died over a message, in milliseconds. @default 10_000 */
  leaseMs?: number;
}

/** @throws VastifyError `invalid_argument`, reason `bad_option` */
export function resolveSeenOptions(name: string, options: SeenOptions): Required<SeenOptions> {
  const { keepMs = 86_400_000, leaseMs = 10_000 } = options;
  for (const [option, value] of Object.entries({ keepMs, leaseMs }))
    if (!(Number.isSafeInteger(value) && value > 0))
      throw badOption(`${name}.${option}`, value, "whole milliseconds above 0");
  return { keepMs, leaseMs };
}
