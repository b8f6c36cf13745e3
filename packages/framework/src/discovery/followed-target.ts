import { isDeepStrictEqual } from "node:util";
import { createGate } from "../core/index.js";
import type { Instance } from "./instance.js";
import type { Listing } from "./listing.js";
import type { Unlisted } from "./unlisted.js";

/** A target that is followed. */
export interface FollowedTarget {
  readonly target: string;
  /**
   * Those alive, as last known. The array is replaced, never changed, and an instance is the same object for as long
   * as nothing about it changes.
   */
  readonly instances: readonly Instance[];
  /**
   * Resolves when Consul has answered about everything that belongs to it, when a snapshot stands in for it, or when
   * Consul could not be asked: `isKnown` tells. Ask for it anew each time.
   */
  readonly known: Promise<void>;
  /** Whether `instances` come from Consul or a snapshot, so that none means none. */
  readonly isKnown: boolean;
}

export interface FollowOptions {
  readonly target: string;
  readonly unlisted: Unlisted;
  /** Begins to watch one of the target's service names, until the signal aborts. */
  readonly watchName: (name: string, signal: AbortSignal) => void;
  /** Called when `instances` was replaced. */
  readonly onChange: () => void;
}

/** A followed target, as those see it who bring it the news. */
export interface Followed extends FollowedTarget {
  /** @param names the services that belong to the target now @param isAll whether Consul's list was seen */
  follow(names: Iterable<string>, isAll: boolean): void;
  /** Takes over what Consul says of one of the names. */
  take(name: string, listing: Listing): void;
  /** Consul does not answer: uses what a snapshot holds, until it does. */
  standIn(instances: readonly Instance[]): void;
  /** Consul could not be asked, and no snapshot knows the target either: whoever waits need wait no longer. */
  giveUp(): void;
  /** Watches none of the names any longer, and lets nobody wait. */
  stop(): void;
  /** Whether what is known comes from a snapshot. */
  readonly isStoodIn: boolean;
  /** Whether Consul has answered about everything that belongs to it. */
  readonly isListed: boolean;
}

interface Name {
  readonly stop: AbortController;
  /** Undefined until Consul has answered. */
  listed: readonly Instance[] | undefined;
}

interface Kept {
  readonly instance: Instance;
  readonly letGo: () => void;
}

const nobody: ReadonlySet<string> = new Set();

/**
 * Joins what Consul says of the target's names, and guards it against disappearances: an answer without most of those
 * that the one before listed is no proof that they are gone. Consul may have restarted empty, a token lost its rights,
 * or a part of the network: those instances are asked themselves.
 */
export function createFollowed(options: FollowOptions): Followed {
  const { target, unlisted, watchName, onChange } = options;
  const names = new Map<string, Name>();
  const kept = new Map<string, Kept>();
  let instances: readonly Instance[] = [];
  let savedOnes: readonly Instance[] | undefined;
  let isAll = false;
  const known = createGate();

  const isListed = (): boolean => isAll && [...names.values()].every(({ listed }) => listed !== undefined);
  const listedById = (): Map<string, Instance> =>
    new Map([...names.values()].flatMap(({ listed = [] }) => listed.map((instance) => [instance.id, instance])));

  /** @param changed what the names that changed listed until now */
  function settle(changed: readonly Instance[], withdrawn = nobody): void {
    const listed = listedById();
    const isComplete = isListed();
    const before = isComplete && savedOnes ? [...changed, ...savedOnes] : changed;
    if (isComplete) savedOnes = undefined;
    const vanished = before.filter(({ id }) => !listed.has(id));
    if (vanished.length * 2 >= before.length) for (const one of vanished) if (!withdrawn.has(one.id)) keep(one);
    for (const [id, { letGo }] of kept) {
      if (!listed.has(id) && !withdrawn.has(id)) continue;
      letGo();
      kept.delete(id);
    }
    refresh(listed);
    if (isComplete) known.open();
  }

  function keep(instance: Instance): void {
    if (kept.has(instance.id)) return;
    const letGo = unlisted.keep(instance, () => {
      kept.delete(instance.id);
      refresh(listedById());
    });
    kept.set(instance.id, { instance, letGo });
  }

  function refresh(listed: ReadonlyMap<string, Instance>): void {
    const all = new Map(listed);
    for (const { instance } of kept.values()) all.set(instance.id, instance);
    for (const instance of savedOnes ?? []) if (!all.has(instance.id)) all.set(instance.id, instance);
    const next = [...all.values()];
    if (next.length === instances.length && next.every((one, index) => one === instances[index])) return;
    instances = next;
    onChange();
  }

  return {
    target,
    get known() {
      return known.opened;
    },
    get isKnown() {
      return isListed() || savedOnes !== undefined;
    },
    get instances() {
      return instances;
    },
    get isStoodIn() {
      return savedOnes !== undefined;
    },
    get isListed() {
      return isListed();
    },
    follow(wanted, isAllOfThem) {
      isAll = isAllOfThem;
      const wantedNames = new Set(wanted);
      const before: Instance[] = [];
      for (const [name, { stop, listed = [] }] of [...names]) {
        if (wantedNames.has(name)) continue;
        stop.abort();
        names.delete(name);
        before.push(...listed);
      }
      for (const name of wantedNames) {
        if (names.has(name)) continue;
        const stop = new AbortController();
        names.set(name, { stop, listed: undefined });
        watchName(name, stop.signal);
      }
      settle(before);
      // A name that just appeared: its instances are to be waited for, as on the first day.
      if (!isListed() && savedOnes === undefined) known.close();
    },
    take(name, { passing, withdrawn }) {
      const entry = names.get(name);
      if (!entry) return;
      const byId = new Map(instances.map((instance) => [instance.id, instance]));
      const before = entry.listed ?? [];
      entry.listed = passing.map((instance) => sameAsBefore(instance, byId.get(instance.id)));
      settle(before, withdrawn);
    },
    stop() {
      for (const { stop } of names.values()) stop.abort();
      known.open();
    },
    standIn(saved) {
      if (isListed() || savedOnes !== undefined) return;
      savedOnes = saved;
      refresh(listedById());
      known.open();
    },
    giveUp() {
      if (!isListed()) known.open();
    },
  };
}

/** Those who keep something about an instance know it by its object. */
function sameAsBefore(instance: Instance, before: Instance | undefined): Instance {
  return before !== undefined && isDeepStrictEqual(instance, before) ? before : instance;
}
