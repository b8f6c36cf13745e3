import { createEjection } from "../../src/resilience/index.js";
import { Peer } from "../../src/routing/peer.js";

export interface PeerFacts {
  readonly id: string;
  /** @default "1.0.0" */
  readonly version?: string;
  readonly zone?: string;
  /** @default true */
  readonly callable?: boolean;
  /** @default long ago */
  readonly joinedAt?: number;
}

/** An instance's record whose clock stands still. */
export function testPeer({ id, version = "1.0.0", zone, callable = true, joinedAt = -Infinity }: PeerFacts): Peer {
  const endpoint = callable ? { host: "h", port: 1, protocols: [] } : null;
  const instance = { id, target: "t", version, host: "h", httpPort: 1, endpoint, zone, description: undefined };
  const ejection = createEjection({}, () => 0);
  return new Peer({ instance, ejection, circuit: undefined, joinedAt });
}
