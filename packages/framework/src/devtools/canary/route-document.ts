import semver from "semver";

/** What stands in `vastify/routes/<target>`, as far as a canary needs it; all else is kept as it is. */
export interface RouteDocument {
  readonly weights?: Readonly<Record<string, number>>;
  readonly rollback?: Readonly<Record<string, unknown>>;
  /** Left by the process that took a canary back. */
  readonly rolledBack?: { readonly version?: unknown; readonly why?: unknown };
}

export function asRouteDocument(value: unknown): RouteDocument {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}

/** All calls go to this version, which need not be alive yet. */
export function allTo(document: RouteDocument, version: string): RouteDocument {
  const { rollback: _, rolledBack: __, ...rest } = document;
  return { ...rest, weights: { [version]: 100 } };
}

/** Versions or ranges that have a share, of those that stand for something alive. */
export function sharesOf({ weights = {} }: RouteDocument, alive: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(weights).filter(
      ([range, weight]) => weight > 0 && alive.some((one) => semver.satisfies(one, range)),
    ),
  );
}

/** The version that gets all calls where nothing is written. @param alive the newest first */
export function newestStable(alive: readonly string[]): string | undefined {
  return alive.find((version) => semver.prerelease(version) === null) ?? alive[0];
}

export interface Share {
  readonly candidate: string;
  /** Of 100. */
  readonly weight: number;
  /** Who gets the rest, in these proportions. */
  readonly others: Readonly<Record<string, number>>;
  /** How many calls each side must have had before they are compared. */
  readonly minCalls: number | undefined;
}

/** The candidate gets its share, and every caller takes it back when it turns out to be worse than the others. */
export function shared(document: RouteDocument, { candidate, weight, others, minCalls }: Share): RouteDocument {
  const { rolledBack: _, rollback, ...rest } = document;
  const total = Object.values(others).reduce((sum, one) => sum + one, 0);
  const scaled = Object.entries(others).map(([version, one]) => [version, (one / total) * (100 - weight)] as const);
  return {
    ...rest,
    weights: { ...Object.fromEntries(scaled), [candidate]: weight },
    rollback: { ...rollback, canary: candidate, ...(minCalls !== undefined && { minCalls }) },
  };
}

/** The candidate gets nothing and the others all; who took it back, and why, stays to be read, and so does another's trial. */
export function withoutShare(
  document: RouteDocument,
  { candidate, others }: Omit<Share, "weight" | "minCalls">,
): RouteDocument {
  const { rollback, weights = {}, ...rest } = document;
  const isAnothers = rollback !== undefined && rollback.canary !== candidate;
  const isShared = Object.entries(weights).some(([range, weight]) => range !== candidate && weight > 0);
  return {
    ...rest,
    weights: { ...(isShared ? weights : others), [candidate]: 0 },
    ...(isAnothers && isShared && { rollback }),
  };
}

/** Why the candidate has no share any longer; undefined while it has. */
export function whyTakenBack(document: RouteDocument, candidate: string): string | undefined {
  const { weights, rollback, rolledBack } = document;
  if (weights?.[candidate])
    return rollback?.canary === candidate ? undefined : "nobody compares it any longer: somebody tries another version";
  return rolledBack?.version === candidate ? String(rolledBack.why) : "somebody took its weight away";
}
