import type { Logger } from "../../core/index.js";
import type { Instance } from "../instance.js";
import type { Listing } from "../listing.js";
import { createTurns } from "../turns.js";
import { askInstance, type InstanceAnswer } from "./ask-instance.js";
import type { HttpAddress } from "./find-addresses.js";

export interface DnsListingOptions {
  readonly target: string;
  readonly log: Logger;
  /** @default askInstance */
  readonly ask?: typeof askInstance;
}

/** Who is alive at the addresses that DNS gives, by asking each. */
export interface DnsListing {
  update(addresses: readonly HttpAddress[], signal: AbortSignal): Promise<Listing>;
}

interface Known {
  readonly instance: Instance | undefined;
  readonly silences: number;
}

const mostAtATime = 32;
const silencesUntilGone = 3;
const nobody: Known = { instance: undefined, silences: 0 };

export function createDnsListing({ target, log, ask = askInstance }: DnsListingOptions): DnsListing {
  const takeTurns = createTurns(mostAtATime);
  const warned = new Set<string>();
  let known: ReadonlyMap<string, Known> = new Map();

  /** DNS may give an address that nobody can ask. */
  function askSafely(address: HttpAddress, signal: AbortSignal): Promise<InstanceAnswer> {
    return ask(target, address, signal).catch(() => ({ kind: "silent" }));
  }

  function warnOnce(key: string, problem: string): void {
    if (warned.has(key)) return;
    warned.add(key);
    log.warn(`${key}, where DNS says that ${target} is, is skipped: ${problem}`);
  }

  function learn(key: string, answer: InstanceAnswer): Known {
    const before = known.get(key) ?? nobody;
    if (answer.kind !== "wrong") warned.delete(key);
    switch (answer.kind) {
      case "there":
        return { instance: answer.instance, silences: 0 };
      case "gone":
        return nobody;
      case "wrong":
        warnOnce(key, answer.problem);
        return nobody;
      case "silent": {
        const silences = before.silences + 1;
        return { instance: silences < silencesUntilGone ? before.instance : undefined, silences };
      }
    }
  }

  return {
    async update(addresses, signal) {
      const byKey = new Map(addresses.map((address) => [`${address.host}:${address.port}`, address]));
      const asked = await Promise.all(
        [...byKey].map(async ([key, address]) => {
          const answer = await takeTurns(() => askSafely(address, signal));
          return { key, answer };
        }),
      );
      known = new Map(asked.map(({ key, answer }) => [key, learn(key, answer)]));
      for (const key of warned) if (!byKey.has(key)) warned.delete(key);
      const withdrawn = asked.flatMap(({ answer }) => (answer.kind === "gone" && answer.id ? [answer.id] : []));
      return {
        passing: [...known.values()].flatMap(({ instance }) => (instance ? [instance] : [])),
        withdrawn: new Set(withdrawn),
      };
    },
  };
}
