/** Paths that differ only in their parameters' names are the same path. */
export function shapeOf(path: string): string {
  return path.replace(/:\w+/g, ":");
}

/** Fixed parts before parameters, so that /user/me is not taken for a user's id. */
export function byPath(a: { readonly path: string }, b: { readonly path: string }): number {
  const rank = ({ path }: { readonly path: string }) => shapeOf(path).replaceAll(":", "\uffff");
  return rank(a) < rank(b) ? -1 : 1;
}
