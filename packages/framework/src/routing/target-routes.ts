import semver from "semver";
import type { RequestHeaders } from "../core/index.js";
import { type Balance, type Balancer, type Choice, createBalancer } from "./balance.js";
import { hashOf } from "./maglev.js";
import type { Peer } from "./peer.js";
import { type RouteRules, valueAt } from "./route-rules.js";

export interface TargetRoutesOptions {
  readonly target: string;
  /** Those alive; some may answer no calls. */
  readonly peers: readonly Peer[];
  readonly rules: RouteRules;
  /** Unless the rules say otherwise. */
  readonly balance: Balance;
  /** Where we are: instances in the same zone are preferred. */
  readonly zone: string | undefined;
  readonly slowStartMs: number;
  readonly random: () => number;
}

/** What a version is chosen by, besides the message. */
export interface Ask extends Choice {
  /** `$$version`: exact, a range, or absent for the newest stable one. */
  readonly version: string | undefined;
  readonly headers: RequestHeaders | undefined;
}

/** Instances that may answer alike. */
export interface Group {
  readonly peers: readonly Peer[];
  readonly balance: Balancer;
}

/** Groups that share calls by weight. */
export interface Split {
  readonly shares: readonly Share[];
  readonly total: number;
}

export interface Share {
  /** The key of the rule's weights, or the version asked for. */
  readonly range: string | undefined;
  readonly weight: number;
  readonly group: Group;
}

/** How calls to a target are routed, for its instances and rules as they were when it was made. It never changes. */
export interface TargetRoutes {
  readonly target: string;
  /** The versions alive that answer calls, newest first. */
  readonly versions: readonly string[];
  readonly rules: RouteRules;
  /** What may answer a call that asks for this version. */
  splitFor(version: string | undefined): Split;
  /** What a call asks for: `$$version`, or what a tester's override puts in its place. */
  versionAskedBy(ask: Pick<Ask, "version" | "message" | "headers">): string | undefined;
  /** The instances among which one is picked for this call; undefined when no version alive is the one asked for. */
  choose(ask: Ask): Group | undefined;
}

/** Longer than any range that a person writes. */
export const longestRange = 256;

/**
 * Which of `versions` is meant by `range`: all that satisfy it, or only the newest stable one when it is absent. Builds
 * of one version (`1.0.0+a`) are alike (semver 2.0.0, item 10), unless a build is asked for by name.
 */
export function versionsFor(versions: readonly string[], range: string | undefined): readonly string[] {
  if (range === undefined) {
    const newest = versions.find((version) => semver.prerelease(version) === null);
    return newest === undefined ? [] : versions.filter((version) => semver.eq(version, newest));
  }
  const isBuild = range.includes("+") && isExact(range);
  return versions.filter((version) => (isBuild ? version === range : semver.satisfies(version, range)));
}

export function createTargetRoutes(options: TargetRoutesOptions): TargetRoutes {
  const { target, rules, random } = options;
  const callable = options.peers.filter(({ instance }) => instance.endpoint !== null);
  const versions = semver.rsort([...new Set(callable.map(({ instance }) => instance.version))]);
  const splits = new Map<string, Split>();
  /** By the texts of ranges, which callers choose: there may be many, but they mean few different things. */
  const meanings = new Map<string | undefined, Split>();

  function group(wanted: readonly string[]): Group {
    const peers = callable.filter(({ instance }) => wanted.includes(instance.version));
    return { peers, balance: createGroupBalancer(peers, options) };
  }

  function share(range: string | undefined): Split {
    const weights = isExact(range) ? [] : Object.entries(rules.weights ?? {});
    const allowed = range === undefined ? versions : versionsFor(versions, range);
    const shares = weights
      .map(([key, weight]) => {
        // A version with a weight of its own has no part in that of a range.
        const isOwn = (version: string) => isExact(key) || rules.weights?.[version] === undefined;
        const wanted = versionsFor(versions, key).filter((version) => allowed.includes(version) && isOwn(version));
        return { range: key, weight, group: group(wanted) };
      })
      .filter(({ weight, group: { peers } }) => weight > 0 && peers.length > 0);
    if (shares.length === 0)
      shares.push({ range: range as string, weight: 1, group: group(versionsFor(versions, range)) });
    return { shares, total: shares.reduce((sum, { weight }) => sum + weight, 0) };
  }

  function splitFor(range: string | undefined): Split {
    const known = meanings.get(range);
    if (known) return known;
    const key = isExact(range) || range === undefined ? `${range}` : versionsFor(versions, range).join();
    const split = splits.get(key) ?? share(range);
    splits.set(key, split);
    if (meanings.size >= 1_000) meanings.clear();
    meanings.set(range, split);
    return split;
  }

  function pointOf(ask: Ask, total: number): number {
    const key = valueAt(rules.sticky, ask.message, ask.headers);
    return key === undefined ? random() * total : (hashOf(`${target} ${key}`) / 2 ** 32) * total;
  }

  function versionAskedBy({ version, message, headers }: Pick<Ask, "version" | "message" | "headers">) {
    return valueAt(rules.override, message, headers) ?? version;
  }

  return {
    target,
    versions,
    rules,
    splitFor,
    versionAskedBy,
    choose(ask) {
      const version = versionAskedBy(ask);
      // Versions are short; a text that is not would take long to be read as a range.
      if (version !== undefined && version.length > longestRange) return undefined;
      const { shares, total } = splitFor(version);
      if (shares.length > 1) {
        let point = pointOf(ask, total);
        for (const { weight, group: one } of shares) {
          point -= weight;
          if (point < 0) return one;
        }
      }
      const [only] = shares;
      return only && only.group.peers.length > 0 ? only.group : undefined;
    },
  };
}

function isExact(range: string | undefined): boolean {
  return range !== undefined && semver.valid(range) !== null;
}

/** Calls under way at an instance near by from which on it may be too many, when others have so many times fewer. */
const crowd = { least: 100, factor: 4 };

/**
 * Near instances first, unless they are crowded and others are not; then all; and when all should be passed over, any:
 * an error that is wrong is worse than a try.
 */
function createGroupBalancer(peers: readonly Peer[], options: TargetRoutesOptions): Balancer {
  const { rules, zone, slowStartMs, random } = options;
  const make = (some: readonly Peer[]) =>
    createBalancer({ peers: some, balance: rules.balance ?? options.balance, slowStartMs, random });
  const all = make(peers);
  const nearby = zone === undefined ? [] : peers.filter(({ instance }) => instance.zone === zone);
  const near = nearby.length > 0 && nearby.length < peers.length ? make(nearby) : undefined;
  const far = near && make(peers.filter((peer) => !nearby.includes(peer)));
  // A call with a place of its own stays there.
  const mayOverflow = typeof (rules.balance ?? options.balance) === "string";
  return (choice) => {
    const nearest = near?.(choice);
    if (nearest === undefined) return all(choice) ?? anyOf(peers, random, choice.except);
    if (!mayOverflow || nearest.inFlight < crowd.least) return nearest;
    const other = far?.(choice);
    return other && nearest.inFlight > crowd.factor * other.inFlight ? other : nearest;
  };
}

/** One whose circuit is open is never tried. */
function anyOf(peers: readonly Peer[], random: () => number, except: Peer | undefined): Peer | undefined {
  const open = peers.filter((peer) => !peer.circuit?.refuses());
  const others = open.length > 1 ? open.filter((peer) => peer !== except) : open;
  return others[Math.floor(random() * others.length)];
}
