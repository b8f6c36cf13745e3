import type { Addressee, Message, RequestHeaders } from "../core/index.js";
import type { Peer } from "./peer.js";
import { valueAt } from "./route-rules.js";
import type { TargetState } from "./target-state.js";

/** The call that is explained. */
export interface Asked {
  readonly message: Message;
  readonly headers: RequestHeaders | undefined;
}

/** One instance of the target, and what becomes of it in the choice. */
export interface Candidate {
  readonly id: string;
  readonly version: string;
  readonly zone: string | undefined;
  /** Whether the call may go there now. */
  readonly eligible: boolean;
  /** Why not, or what makes it less likely. */
  readonly why: string | undefined;
  /** Its group's share of the calls, from 0 to 1: that of its version, to be divided among its group. */
  readonly share: number;
  readonly inFlight: number;
  /** Peak-EWMA of what was seen from here, in milliseconds. */
  readonly latencyMs: number;
  readonly tries: number;
  readonly failures: number;
}

/** How a call to another service would be routed now. */
export interface RouteExplanation {
  readonly target: string;
  /** `$$version` as asked for, or what a tester's override put in its place. */
  readonly version: string | undefined;
  /** The versions alive that answer calls, newest first. */
  readonly alive: readonly string[];
  /** Versions or ranges and their weights, after those that are not alive or not asked for were left out. */
  readonly weights: Readonly<Record<string, number>>;
  /** The value that keeps this call to one version, if a rule says so. */
  readonly sticky: string | undefined;
  readonly candidates: readonly Candidate[];
  /** The instance that was picked: the next call may find another one. */
  readonly choice: string | undefined;
}

export function explainRoute(
  state: TargetState,
  addressee: Addressee,
  { message, headers }: Asked,
  now: number,
): RouteExplanation {
  const routes = state.copyOfRoutes();
  const ask = { message, headers, version: addressee.version, now, except: undefined };
  const version = routes.versionAskedBy(ask);
  const { shares, total } = routes.splitFor(version);
  const shareOf = (peer: Peer) => shares.find(({ group }) => group.peers.includes(peer));
  const candidates = state.allPeers().map((peer): Candidate => {
    const share = shareOf(peer);
    const why = whyNot(peer, share !== undefined, version);
    return {
      id: peer.instance.id,
      version: peer.instance.version,
      zone: peer.instance.zone,
      eligible: why === undefined,
      why,
      share: share === undefined ? 0 : share.weight / total,
      inFlight: peer.inFlight,
      latencyMs: Number(peer.latencyAt(now).toFixed(3)),
      tries: peer.tries,
      failures: peer.failures,
    };
  });
  return {
    target: state.target,
    version,
    alive: routes.versions,
    weights: Object.fromEntries(
      shares
        .filter(({ group }) => group.peers.length > 0)
        .map(({ range, weight }) => [range ?? "newest stable", weight]),
    ),
    sticky: valueAt(routes.rules.sticky, message, headers),
    candidates,
    choice: routes.choose(ask)?.balance(ask)?.instance.id,
  };
}

function whyNot(peer: Peer, isAskedFor: boolean, version: string | undefined): string | undefined {
  const { instance, circuit } = peer;
  if (instance.endpoint === null) return "it answers no calls";
  if (!isAskedFor) return `its version is not ${version === undefined ? "the one that the rules give" : version}`;
  if (peer.isEjected) return `passed over for ${Math.round(peer.ejectedForMs())} ms: ${peer.ejectedFor}`;
  if (circuit?.refuses()) return `its circuit is ${circuit.describe()}`;
  return undefined;
}
