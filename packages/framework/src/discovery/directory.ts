import { type Logger, silentLogger } from "../core/index.js";
import type { ConsulHandle } from "./consul-client.js";
import { type Instance, readInstance, targetOf } from "./instance.js";
import { type BlockingQuery, watch } from "./watch.js";

export interface DirectoryOptions {
  consul: ConsulHandle;
  /** The safety net: no view of Consul is older than this, in milliseconds. @default 12_000 */
  servicesRefreshMs?: number;
  /** @default silentLogger */
  log?: Logger;
}

/** A target that is followed. */
export interface FollowedTarget {
  readonly target: string;
  /** Those alive, as last known. The array is replaced, never changed. */
  readonly instances: readonly Instance[];
  /** Resolves when Consul has answered once about everything that belongs to it. */
  readonly known: Promise<void>;
}

/** Who is alive, by target. It asks Consul only about targets that somebody follows. */
export interface Directory {
  start(): void;
  stop(): Promise<void>;
  /** Begins to follow `target`, or gives the one already followed. */
  follow(target: string): FollowedTarget;
  /** Every target registered with the tag `vastify`, once Consul has answered. */
  readonly targets: ReadonlySet<string>;
  /** Whether a target of this name is registered, alive or not, or ever was while we watched. */
  isKnown(target: string): boolean;
  /** Called after any change of targets or instances. Returns how to stop listening. */
  onChange(listener: () => void): () => void;
  /** False from the first failed query until one succeeds. */
  readonly reachable: boolean;
}

/** The tag by which our services are told from other users of the same Consul. */
export const serviceTag = "vastify";

export function createDirectory(options: DirectoryOptions): Directory {
  const { consul, servicesRefreshMs = 12_000, log = silentLogger } = options;
  const waitSeconds = Math.max(1, Math.round(servicesRefreshMs / 1000));
  const lifetime = new AbortController();
  const loops = new Set<Promise<void>>();
  const listeners = new Set<() => void>();
  const followed = new Map<string, Followed>();
  const seen = new Set<string>();
  let listed = false;
  let names: Readonly<Record<string, readonly string[]>> = {};
  let targets: ReadonlySet<string> = new Set();

  const changed = (): void => {
    for (const listener of [...listeners]) listener();
  };

  function run(what: string, query: BlockingQuery, signal: AbortSignal, onValue: (v: unknown) => void) {
    const loop = watch({ consul, what, query, read: ({ body }) => body, signal, log, waitSeconds, onValue });
    loops.add(loop);
    void loop.finally(() => loops.delete(loop));
  }

  /** Watches one service name on behalf of its target. */
  function watchName(entry: Followed, name: string): void {
    const stop = new AbortController();
    entry.names.set(name, { stop, instances: undefined });
    const query = (request: Record<string, unknown>) =>
      consul.api.health.service({ service: name, passing: true, ...request });
    run(`the instances of ${name}`, query, AbortSignal.any([lifetime.signal, stop.signal]), (value) => {
      const state = entry.names.get(name);
      if (!state || !Array.isArray(value)) return;
      state.instances = readInstances(value, entry, log);
      entry.refresh(listed);
      changed();
    });
  }

  /** 2018's services are named `target@uuid`: each of those names belongs to its target too. */
  function followNames(entry: Followed): void {
    const wanted = new Set([entry.target, ...Object.keys(names).filter((name) => targetOf(name) === entry.target)]);
    for (const name of wanted) if (!entry.names.has(name)) watchName(entry, name);
    for (const [name, state] of entry.names) {
      if (wanted.has(name)) continue;
      state.stop.abort();
      entry.names.delete(name);
      entry.refresh(listed);
    }
  }

  return {
    get targets() {
      return targets;
    },
    get reachable() {
      return consul.contact.reachable;
    },
    start() {
      run(
        "the list of services",
        (request) => consul.api.catalog.service.list(request),
        lifetime.signal,
        (value) => {
          if (typeof value !== "object" || value === null) return;
          listed = true;
          names = value as Record<string, readonly string[]>;
          for (const name of Object.keys(names)) seen.add(targetOf(name));
          const tagged = Object.entries(names).filter(([, tags]) => tags.includes(serviceTag));
          targets = new Set(tagged.map(([name]) => targetOf(name)));
          for (const entry of followed.values()) {
            followNames(entry);
            entry.refresh(listed);
          }
          changed();
        },
      );
    },
    async stop() {
      lifetime.abort();
      await Promise.all(loops);
      consul.close();
    },
    follow(target) {
      const existing = followed.get(target);
      if (existing) return existing;
      const entry = new Followed(target);
      followed.set(target, entry);
      followNames(entry);
      return entry;
    },
    isKnown: (target) => seen.has(target),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

interface NameState {
  readonly stop: AbortController;
  /** Undefined until Consul has answered. */
  instances: readonly Instance[] | undefined;
}

class Followed implements FollowedTarget {
  readonly target: string;
  readonly names = new Map<string, NameState>();
  /** Ids already warned about, so that a broken one is told of once. */
  readonly warned = new Set<string>();
  readonly known: Promise<void>;
  instances: readonly Instance[] = [];
  #answered!: () => void;

  constructor(target: string) {
    this.target = target;
    this.known = new Promise((resolve) => {
      this.#answered = resolve;
    });
  }

  /** @param listed whether the list of services is known, and so which names belong to this target */
  refresh(listed: boolean): void {
    const states = [...this.names.values()];
    this.instances = states.flatMap((state) => state.instances ?? []);
    if (listed && states.every((state) => state.instances !== undefined)) this.#answered();
  }
}

function readInstances(entries: readonly unknown[], followed: Followed, log: Logger): readonly Instance[] {
  const instances: Instance[] = [];
  for (const entry of entries) {
    const read = readInstance(entry);
    if ("instance" in read) instances.push(read.instance);
    else if (!followed.warned.has(read.id)) {
      followed.warned.add(read.id);
      log.warn(`instance ${read.id} of ${followed.target} is skipped: ${read.problem}`, { instance: read.id });
    }
  }
  return instances;
}
