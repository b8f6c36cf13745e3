import { z } from "zod";
import { createGate, createListeners, type Logger, silentLogger } from "../core/index.js";
import { type ConsulHandle, expectAnswer } from "./consul-client.js";
import { createFollowed, type Followed, type FollowedTarget } from "./followed-target.js";
import { targetOf } from "./instance.js";
import { createListingReader } from "./listing.js";
import { createSnapshot, type Snapshot, type SnapshotContents } from "./snapshot.js";
import { createUnlisted } from "./unlisted.js";
import { type Answer, type WatchOptions, watch } from "./watch.js";

export interface DirectoryOptions {
  /** Closed by `stop`. */
  consul: ConsulHandle;
  /** The safety net: no view of Consul is older than this, in milliseconds. @default 12_000 */
  servicesRefreshMs?: number;
  /**
   * How long instances are used, at most, that Consul lists no longer but that still answer, in milliseconds.
   * @default 600_000
   */
  keepUnlistedMs?: number;
  /** Keeps what is known, for a start without Consul. Loaded by `start` and closed by `stop`. @default none */
  snapshot?: Snapshot;
  /** @default silentLogger */
  log?: Logger;
}

/** Where what we know of others comes from. */
export interface DirectoryHealth {
  /** False from the first failed query until one succeeds. */
  readonly reachable: boolean;
  /** `snapshot` from when Consul did not answer at the start until it has; `none` when there is no snapshot either. */
  readonly source: "consul" | "dns" | "snapshot" | "none";
  /** How many instances are in use though Consul lists them no longer. */
  readonly unlisted: number;
  /** For how long Consul has not answered, in milliseconds; absent while it does. */
  readonly unreachableMs?: number;
  /** How old the snapshot in use is, in milliseconds. */
  readonly snapshotAgeMs?: number;
}

/** Who is alive, by target. It asks Consul only about targets that somebody follows. */
export interface Directory {
  start(): void;
  stop(): Promise<void>;
  /** Begins to follow `target`, or gives the one already followed. Consul is asked about it while it is registered. */
  follow(target: string): FollowedTarget;
  /** Follows a target no longer that is not known; whoever waits for it need wait no longer. */
  forget(target: string): void;
  /** Every target registered with the tag `vastify`, once Consul has answered. */
  readonly targets: ReadonlySet<string>;
  /** Whether a target of this name is registered, alive or not, or ever was while we watched. */
  isKnown(target: string): boolean;
  /** Called after any change of targets or instances. Returns how to stop listening. */
  onChange(listener: () => void): () => void;
  /** Called when Consul answers again after an outage. Returns how to stop listening. */
  onReturn(listener: () => void): () => void;
  /** Resolves when Consul has told which targets there are. */
  readonly listed: Promise<void>;
  /** Resolves when a snapshot stands in for a Consul that does not answer; never, if none has to. */
  readonly stoodIn: Promise<void>;
  health(): DirectoryHealth;
}

/** The tag by which our services are told from other users of the same Consul. */
export const serviceTag = "vastify";

export function createDirectory(options: DirectoryOptions): Directory {
  const { consul, servicesRefreshMs = 12_000, keepUnlistedMs = 600_000, log = silentLogger } = options;
  const waitSeconds = Math.max(1, Math.round(servicesRefreshMs / 1000));
  const lifetime = new AbortController();
  const loops = new Set<Promise<void>>();
  const listeners = createListeners();
  const followed = new Map<string, Followed>();
  const unlisted = createUnlisted({ log, keepMs: keepUnlistedMs });
  const snapshot = options.snapshot ?? createSnapshot({ path: undefined, log });
  const readListing = createListingReader(log);
  const seen = new Set<string>();
  let names: Names | undefined;
  let isStoodIn = false;
  let targets: ReadonlySet<string> = new Set();
  const listed = createGate();
  const stoodIn = createGate();

  function run<Value>(watched: Pick<WatchOptions<Value>, "what" | "query" | "read" | "signal" | "onValue">): void {
    if (lifetime.signal.aborted) return;
    const loop = watch({ consul, log, waitSeconds, onFailure: doWithout, ...watched });
    loops.add(loop);
    void loop.finally(() => loops.delete(loop));
  }

  function follow(target: string): Followed {
    const watchName = (name: string, stop: AbortSignal): void =>
      run({
        what: `the instances of ${name}`,
        // Not only those that pass: an operator's maintenance must be told from a disappearance.
        query: (request) => consul.api.health.service({ service: name, ...request }),
        read: readListing,
        signal: stop,
        onValue: (listing) => entry.take(name, listing),
      });
    const entry = createFollowed({ target, unlisted, watchName, onChange: changed });
    followed.set(target, entry);
    entry.follow(namesOf(target), names !== undefined);
    if (!consul.contact.reachable) doWithout();
    return entry;
  }

  /**
   * The registered names of a target: 2018's services are named `target@uuid`, and each of those belongs to it too.
   * Only these are watched, or every name that a caller makes up would hold a connection; the list tells of new ones.
   */
  function namesOf(target: string): readonly string[] {
    return Object.keys(names ?? {}).filter((name) => targetOf(name) === target);
  }

  function takeNames(list: Names): void {
    names = list;
    for (const name of Object.keys(list)) seen.add(targetOf(name));
    for (const entry of followed.values()) entry.follow(namesOf(entry.target), true);
    changed();
    listed.open();
  }

  /** Consul does not answer: a snapshot stands in wherever it has not answered yet. */
  function doWithout(): void {
    const { loaded } = snapshot;
    for (const entry of followed.values()) {
      const saved = loaded?.instances.get(entry.target);
      if (saved) entry.standIn(saved);
      else entry.giveUp();
    }
    if (names !== undefined || isStoodIn || loaded === undefined) return;
    isStoodIn = true;
    for (const target of loaded.instances.keys()) seen.add(target);
    log.warn(`Consul does not answer: routing lives on the snapshot of ${new Date(loaded.savedAtMs).toISOString()}`);
    changed();
    stoodIn.open();
  }

  function changed(): void {
    const tagged = names ? taggedTargets(names) : isStoodIn ? (snapshot.loaded?.targets ?? []) : [];
    // A target that Consul lists no longer is still one while instances of it answer.
    const answering = [...targets].filter((target) => followed.get(target)?.instances.length);
    targets = new Set([...tagged, ...answering]);
    listeners.tell(log);
    snapshot.save(contents);
  }

  /** What Consul said last; where it has not been asked yet, what it said before this start. */
  function contents(): Omit<SnapshotContents, "settings"> | undefined {
    if (names === undefined) return undefined;
    const registered = new Set(Object.keys(names).map(targetOf));
    const saved = [...(snapshot.loaded?.instances ?? [])].filter(([target]) => registered.has(target));
    const current = [...followed.values()].filter((entry) => entry.isListed);
    const entries = current.map((entry) => [entry.target, entry.instances] as const);
    return { targets: [...targets], instances: new Map([...saved, ...entries]) };
  }

  return {
    listed: listed.opened,
    stoodIn: stoodIn.opened,
    get targets() {
      return targets;
    },
    start() {
      snapshot.load();
      run({
        what: "the list of services",
        query: (request) => consul.api.catalog.service.list(request),
        read: readNames,
        signal: lifetime.signal,
        onValue: takeNames,
      });
    },
    async stop() {
      lifetime.abort();
      for (const entry of followed.values()) entry.stop();
      unlisted.stop();
      await Promise.all([...loops, snapshot.stop()]);
      consul.close();
    },
    follow: (target) => followed.get(target) ?? follow(target),
    forget(target) {
      if (seen.has(target)) return;
      followed.get(target)?.stop();
      followed.delete(target);
    },
    isKnown: (target) => seen.has(target),
    onChange: listeners.add,
    onReturn: consul.contact.onReturn,
    health() {
      const { reachable, unreachableMs } = consul.contact;
      const livesOnSnapshot =
        (isStoodIn && names === undefined) || [...followed.values()].some((entry) => entry.isStoodIn);
      return {
        reachable,
        source: livesOnSnapshot ? "snapshot" : names === undefined ? "none" : "consul",
        unlisted: unlisted.size,
        ...(unreachableMs !== undefined && { unreachableMs }),
        ...(livesOnSnapshot && snapshot.loaded && { snapshotAgeMs: Date.now() - snapshot.loaded.savedAtMs }),
      };
    },
  };
}

/** The names of all services, with their tags. */
type Names = Readonly<Record<string, readonly string[] | null>>;

const namesShape = z.record(z.string(), z.array(z.string()).nullable());

const readNames = ({ body }: Answer): Names => expectAnswer(namesShape, body, "a list of services");

function taggedTargets(names: Names): readonly string[] {
  return Object.entries(names)
    .filter(([, tags]) => tags?.includes(serviceTag))
    .map(([name]) => targetOf(name));
}
