import { badOption, type Message } from "../core/index.js";
import { createHashTable, hashOf } from "./maglev.js";
import { Peer } from "./peer.js";
import type { PeerNumbers } from "./peer-numbers.js";
import { plainText } from "./plain-text.js";

/**
 * How calls are spread over the instances of a target:
 * - `p2c`: of two at random the one with the lower peak-EWMA latency × calls in flight;
 * - `least-in-flight`: of two at random the one with fewer calls in flight;
 * - `round-robin` and `random`;
 * - `{ hash }`: calls with the same value in this field of the message go to the same instance (consistent hashing).
 */
export type Balance = "p2c" | "least-in-flight" | "round-robin" | "random" | { readonly hash: string };

/** What a choice is made by. */
export interface Choice {
  readonly message: Message;
  /** In milliseconds of the router's clock. */
  readonly now: number;
  /** The instance that has just failed: another one is better. */
  readonly except: Peer | undefined;
}

/** Chooses among instances as they were when it was made; undefined when none of them should be used now. */
export type Balancer = (choice: Choice) => Peer | undefined;

export interface BalancerOptions {
  readonly peers: readonly Peer[];
  readonly balance: Balance;
  /** How long a new instance takes to get its full share, in milliseconds. */
  readonly slowStartMs: number;
  readonly random: () => number;
}

const names: readonly unknown[] = ["p2c", "least-in-flight", "round-robin", "random"];

/** @throws VastifyError `invalid_argument`, reason `bad_option` */
export function expectBalance(name: string, balance: unknown): Balance {
  if (names.includes(balance)) return balance as Balance;
  const field = typeof balance === "object" && balance !== null && "hash" in balance ? balance.hash : undefined;
  if (typeof field === "string" && field !== "") return { hash: field };
  const shown = typeof balance === "object" ? JSON.stringify(balance) : balance;
  throw badOption(name, shown, `one of ${names.join(", ")}, or { hash: "a field of the message" }`);
}

export function createBalancer(options: BalancerOptions): Balancer {
  const { peers, balance } = options;
  if (peers.length <= 1) return ({ except }) => (peers[0] && usable(peers[0], except) ? peers[0] : undefined);
  if (typeof balance === "object") return byHash(options, balance.hash);
  switch (balance) {
    case "p2c":
      return ofTwo(options, (numbers, row, now) => numbers.costAt(row, now));
    case "least-in-flight":
      return ofTwo(options, (numbers, row) => numbers.inFlight(row) + 1);
    case "round-robin":
      return oneByOne(options, roundRobin());
    case "random":
      return oneByOne(options, (count) => Math.floor(options.random() * count));
  }
}

/**
 * "The Power of Two Choices in Randomized Load Balancing" (Mitzenmacher): nearly as good as knowing all, at the price of
 * two. It looks at the one that it would take, and at nothing of the other but its numbers.
 */
function ofTwo(
  { peers, slowStartMs, random }: BalancerOptions,
  costOf: (numbers: PeerNumbers, row: number, now: number) => number,
): Balancer {
  const { numbers, rows } = Peer.numbersOf(peers);
  const costAt = (index: number, now: number) => {
    const row = rows[index] as number;
    return costOf(numbers, row, now) / numbers.shareAt(row, now, slowStartMs);
  };
  return ({ now, except }) => {
    const first = Math.floor(random() * peers.length);
    const second = (first + 1 + Math.floor(random() * (peers.length - 1))) % peers.length;
    const isSecondBetter = costAt(second, now) < costAt(first, now);
    const better = peers[isSecondBetter ? second : first] as Peer;
    if (usable(better, except)) return better;
    const other = peers[isSecondBetter ? first : second] as Peer;
    return usable(other, except) ? other : nextUsable(peers, second, except);
  };
}

function oneByOne({ peers, slowStartMs, random }: BalancerOptions, next: (count: number) => number): Balancer {
  return ({ now, except }) => {
    const at = next(peers.length);
    const peer = peers[at] as Peer;
    const share = peer.shareAt(now, slowStartMs);
    if (usable(peer, except) && (share === 1 || random() < share)) return peer;
    return nextUsable(peers, at, except) ?? (usable(peer, except) ? peer : undefined);
  };
}

function roundRobin(): (count: number) => number {
  let turn = -1;
  return (count) => {
    turn = turn + 1 >= count ? 0 : turn + 1;
    return turn;
  };
}

/** A message without the field has no place of its own, so it goes anywhere. */
function byHash({ peers, random }: BalancerOptions, field: string): Balancer {
  const table = createHashTable(peers.map((peer) => peer.instance.id));
  return ({ message, except }) => {
    const key = plainText(message[field]);
    let hash = key === undefined ? Math.floor(random() * 0xff_ff_ff_ff) : hashOf(key);
    for (let attempt = 0; attempt < 8; attempt++) {
      const peer = peers[table[hash % table.length] as number] as Peer;
      if (usable(peer, except)) return peer;
      hash = hashOf(`${hash} ${attempt}`);
    }
    return nextUsable(peers, hash % peers.length, except);
  };
}

function usable(peer: Peer, except: Peer | undefined): boolean {
  return peer !== except && !peer.isOut;
}

/** Only when those tried first should not be used: it looks at the others one by one. */
function nextUsable(peers: readonly Peer[], from: number, except: Peer | undefined): Peer | undefined {
  for (let i = 1; i <= peers.length; i++) {
    const peer = peers[(from + i) % peers.length] as Peer;
    if (usable(peer, except)) return peer;
  }
  return undefined;
}
