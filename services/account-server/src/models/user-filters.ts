/** Which users a list is to hold; all of them without any. */
export interface UserFilters {
  /** What the name begins with. */
  readonly prefix?: string | undefined;
  readonly createdFrom?: Date | undefined;
  readonly createdBefore?: Date | undefined;
}

/** The same as a condition of MongoDB. */
export function conditionOf({ prefix, createdFrom, createdBefore }: UserFilters) {
  return {
    // A range, since an index answers it: U+10FFFF is the last character.
    ...(prefix !== undefined && { name: { $gte: prefix, $lt: `${prefix}\u{10ffff}` } }),
    ...((createdFrom || createdBefore) && {
      createdAt: { ...(createdFrom && { $gte: createdFrom }), ...(createdBefore && { $lt: createdBefore }) },
    }),
  };
}
