import { badOption } from "./expect-option.js";

/**
 * Gives a value back, typed, or refuses it.
 * @param where the path that names it in the error
 * @throws VastifyError `invalid_argument`, reason `bad_option`
 */
export type Check<T> = (value: unknown, where: string) => T;

/** An object with no other fields than these, all of which may be absent. A misspelt one would be silently without effect. */
export function fields<T extends object>(
  checks: { readonly [Name in keyof T]-?: Check<NonNullable<T[Name]>> },
): Check<Partial<T>> {
  const known = Object.keys(checks).join(", ");
  return (value, where) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw badOption(where, value, "an object");
    const checked: Partial<T> = {};
    for (const [name, field] of Object.entries(value)) {
      if (!Object.hasOwn(checks, name)) throw badOption(`${where}.${name}`, field, `left out; known here are ${known}`);
      if (field !== undefined) checked[name as keyof T] = checks[name as keyof T](field, `${where}.${name}`);
    }
    return checked;
  };
}

export function list<T>(item: Check<T>): Check<readonly T[]> {
  return (value, where) => {
    if (!Array.isArray(value)) throw badOption(where, value, "a list");
    return value.map((each, index) => item(each, `${where}[${index}]`));
  };
}

export function wholeNumber(lowest: number): Check<number> {
  return (value, where) => {
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= lowest) return value;
    throw badOption(where, value, `a whole number from ${lowest} up`);
  };
}

/** A number of milliseconds that a timer can wait. */
export function milliseconds(lowest: number): Check<number> {
  return (value, where) => {
    if (typeof value === "number" && value >= lowest && value <= longestMs) return value;
    throw badOption(where, value, `milliseconds from ${lowest} to ${longestMs}`);
  };
}

// Node.js waits no longer with one timer: about 24 days.
const longestMs = 2_147_483_647;

export const share: Check<number> = (value, where) => {
  if (typeof value === "number" && value >= 0 && value <= 1) return value;
  throw badOption(where, value, "a number from 0 to 1");
};

export const text: Check<string> = (value, where) => {
  if (typeof value === "string" && value !== "") return value;
  throw badOption(where, value, "a text that is not empty");
};

export const yesOrNo: Check<boolean> = (value, where) => {
  if (typeof value === "boolean") return value;
  throw badOption(where, value, "true or false");
};
