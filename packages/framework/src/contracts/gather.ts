import { badOption, type ErrorCode, VastifyError } from "../core/index.js";

/** Why a part is missing. */
export interface PartFailure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly reason?: string | undefined;
}

/** What came of several calls: null for those that failed, unless they had to succeed. */
export type Gathered<Parts, Required extends keyof Parts = never> = {
  readonly [Name in keyof Parts]: Name extends Required ? Parts[Name] : Parts[Name] | null;
} & {
  /** Whether something is missing. */
  readonly partial: boolean;
  /** By part. */
  readonly failures: { readonly [Name in keyof Parts]?: PartFailure };
};

export interface GatherOptions<Name> {
  /** Without these there is no answer: the first that fails, fails the whole. @default none */
  readonly required?: readonly Name[];
  /** A part that takes longer counts as failed, in milliseconds. @default as long as the call may take */
  readonly timeoutMs?: number;
}

/** What an answer says besides its parts. */
const ownFields: ReadonlySet<string> = new Set(["partial", "failures"]);

/** @throws VastifyError `invalid_argument`, reason `bad_option`, for a part named `partial` or `failures` */
export function expectPartNames(names: readonly string[]): void {
  const taken = names.find((name) => ownFields.has(name));
  if (taken !== undefined) throw badOption("a part", taken, "named neither partial nor failures");
}

/**
 * Waits for several calls that are under way at once, and gives what came of each: a failed part takes nothing from the
 * others. `gathered` is the output's schema.
 * @throws VastifyError what a required part failed with; `invalid_argument`, reason `bad_option`
 */
export async function gather<Parts extends Readonly<Record<string, unknown>>, Required extends keyof Parts = never>(
  calls: { readonly [Name in keyof Parts]: Promise<Parts[Name]> },
  { required = [], timeoutMs }: GatherOptions<Required> = {},
): Promise<Gathered<Parts, Required>> {
  const isRequired = (name: string) => (required as readonly unknown[]).includes(name);
  const values: Record<string, unknown> = {};
  const failures: Record<string, PartFailure> = {};
  const settled = Object.entries<Promise<unknown>>(calls).map(async ([name, call]) => {
    try {
      values[name] = await (timeoutMs === undefined ? call : within(timeoutMs, name, call));
    } catch (thrown) {
      if (isRequired(name)) throw thrown;
      values[name] = null;
      const { code, message, reason } = VastifyError.toWire(VastifyError.from(thrown));
      failures[name] = { code, message, ...(reason !== undefined && { reason }) };
    }
    // Not before: a call whose failure nobody waits for would end the process.
    expectPartNames([name]);
  });
  await Promise.all(settled);
  return { ...values, partial: Object.keys(failures).length > 0, failures } as Gathered<Parts, Required>;
}

/** The call itself goes on until its own deadline: whoever wants it to end gives it one. */
async function within(ms: number, name: string, call: Promise<unknown>): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise((_resolve, reject) => {
    const error = new VastifyError("deadline_exceeded", `${name} took longer than ${ms} ms`, {
      reason: "deadline_exceeded",
    });
    timer = setTimeout(reject, ms, error);
  });
  try {
    return await Promise.race([call, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
