import { badOption } from "../../core/index.js";

/** What an action takes of a form. */
export interface FormLimits {
  /** The largest file, in bytes. @default as large as the route's body may be */
  maxFileBytes?: number;
  /** @default 16 */
  maxFiles?: number;
  /** @default 256 */
  maxFields?: number;
  /** The largest field that is no file, in bytes. @default 65_536 */
  maxFieldBytes?: number;
  /** The media types that files may have, such as `image/*`. @default any */
  types?: readonly string[];
  /**
   * Whether each file is compared with a sha-256 in hex that the form has in a field of the file's name and `.sha256`,
   * such as `photo.sha256`, before it or after it. @default false
   */
  digests?: boolean;
}

export interface ResolvedFormLimits extends Required<FormLimits> {}

/** @throws VastifyError `invalid_argument`, reason `bad_option` */
export function resolveFormLimits(limits: FormLimits = {}): ResolvedFormLimits {
  const { maxFileBytes = Number.MAX_SAFE_INTEGER, maxFiles = 16, maxFields = 256, maxFieldBytes = 65_536 } = limits;
  const { types = [], digests = false } = limits;
  for (const [name, value] of Object.entries({ maxFileBytes, maxFiles, maxFields, maxFieldBytes }))
    if (!Number.isSafeInteger(value) || value < 0) throw badOption(name, value, "a whole number, 0 or more");
  return { maxFileBytes, maxFiles, maxFields, maxFieldBytes, types, digests };
}

/** Whether a media type is one of these; without any, every type is. */
export function isOfType(type: string, types: readonly string[]): boolean {
  if (types.length === 0) return true;
  const plain = type.split(";")[0]?.trim().toLowerCase() ?? "";
  return types.some((one) => (one.endsWith("/*") ? plain.startsWith(one.slice(0, -1)) : plain === one.toLowerCase()));
}
