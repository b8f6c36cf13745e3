import semver from "semver";
import {
  backoffMs,
  Call,
  Deadlines,
  delay,
  type Logger,
  type Message,
  outcomeOf,
  silentLogger,
  VastifyError,
} from "../core/index.js";
import type { Directory, Instance, InstanceEndpoint } from "../discovery/index.js";
import { type TransportClient, triedOnce } from "../transport/index.js";

/** The message that every service of ours answers with what it offers. */
export const describeMessage: Message = { role: "vastify", cmd: "describe" };

/** What one version of a target says of itself. */
export interface DescribedVersion {
  readonly target: string;
  readonly version: string;
  /** Whether an instance of it is alive now. */
  readonly alive: boolean;
  /** As the peer sent it: check it before use. */
  readonly description: unknown;
}

export interface DescriptionsOptions {
  directory: Directory;
  transport: TransportClient;
  /** @default silentLogger */
  log?: Logger;
}

/** Keeps what every target offers, by asking one instance of each version. */
export interface Descriptions {
  start(): void;
  stop(): Promise<void>;
  /** Resolves once every target that is registered now has said what it offers, or all its instances failed to. */
  settled(): Promise<void>;
  /** All that is known, the newest stable version first; what was said last stays when the last instance is gone. */
  list(): readonly DescribedVersion[];
  /** The versions of a target that are alive and answer calls, the newest first, whether they were described or not. */
  versionsOf(target: string): readonly string[];
  onChange(listener: () => void): () => void;
}

/** A question that is on its way. */
interface Asking {
  /** Resolves once each instance that could answer was asked, or one has answered. */
  readonly tried: Promise<void>;
  readonly ended: Promise<void>;
}

const askTimeoutMs = 5_000;

export function createDescriptions(options: DescriptionsOptions): Descriptions {
  const { directory, transport, log = silentLogger } = options;
  const lifetime = new AbortController();
  const deadlines = new Deadlines();
  const known = new Map<string, { target: string; version: string; description: unknown }>();
  const asking = new Map<string, Asking>();
  const listeners = new Set<() => void>();
  let unsubscribe = (): void => {};

  const changed = (): void => {
    for (const listener of [...listeners]) listener();
  };

  function refresh(): void {
    for (const target of directory.targets) {
      for (const instance of directory.follow(target).instances) {
        const key = keyOf(instance);
        if (key === undefined || known.has(key) || asking.has(key)) continue;
        let triedAll = (): void => {};
        const tried = new Promise<void>((resolve) => {
          triedAll = resolve;
        });
        const ended = learn(key, target, triedAll).finally(() => {
          asking.delete(key);
          triedAll();
        });
        asking.set(key, { tried, ended });
      }
    }
    changed();
  }

  /** Asks until one of the instances with this description answers, or none is left. */
  async function learn(key: string, target: string, triedAll: () => void): Promise<void> {
    for (let attempt = 0; !lifetime.signal.aborted; attempt++) {
      const instances = directory.follow(target).instances.filter((instance) => keyOf(instance) === key);
      const instance = instances[attempt % Math.max(1, instances.length)];
      if (!instance?.endpoint) return;
      try {
        const description = await askDescription(transport, deadlines, instance.endpoint, lifetime.signal);
        known.set(key, { target, version: instance.version, description });
        changed();
        return;
      } catch (thrown) {
        const error = VastifyError.from(thrown);
        if (attempt === 0) log.warn(`${instance.id} does not say what it offers: ${error.message}; asking again`);
        if (attempt + 1 >= instances.length) triedAll();
        await delay(backoffMs(attempt, { baseMs: 100, maxMs: 5_000 }), lifetime.signal);
      }
    }
  }

  return {
    start() {
      unsubscribe = directory.onChange(refresh);
      refresh();
    },
    async stop() {
      unsubscribe();
      lifetime.abort();
      await Promise.all([...asking.values()].map(({ ended }) => ended));
    },
    async settled() {
      await Promise.all([...directory.targets].map((target) => directory.follow(target).known));
      await Promise.all([...asking.values()].map(({ tried }) => tried));
    },
    list() {
      const alive = new Set([...directory.targets].flatMap((target) => directory.follow(target).instances.map(keyOf)));
      const offers = [...known].map(([key, offer]) => ({ ...offer, alive: alive.has(key) }));
      return offers.sort((a, b) => newestStableFirst(a.version, b.version));
    },
    versionsOf(target) {
      const callable = directory.follow(target).instances.filter(({ endpoint }) => endpoint !== null);
      return semver.rsort([...new Set(callable.map(({ version }) => version))]);
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function newestStableFirst(a: string, b: string): number {
  const prerelease = (version: string) => (semver.prerelease(version) === null ? 0 : 1);
  return prerelease(a) - prerelease(b) || semver.rcompare(a, b);
}

/** Instances with the same key offer the same; undefined for one that can't be asked. */
function keyOf({ target, version, description, endpoint }: Instance): string | undefined {
  if (description === undefined || endpoint === null) return undefined;
  return `${target} ${version} ${description}`;
}

/**
 * Asks an instance what it offers; what it says is to be checked before use.
 * @throws VastifyError with what kept it from answering
 */
export async function askDescription(
  transport: TransportClient,
  deadlines: Deadlines,
  endpoint: InstanceEndpoint,
  lifetime: AbortSignal,
): Promise<unknown> {
  const call = new Call(describeMessage, { timeoutMs: askTimeoutMs, idempotent: true }, deadlines);
  const giveUp = () => call.cancel();
  lifetime.addEventListener("abort", giveUp, { once: true });
  transport.to(endpoint).send(triedOnce(call));
  try {
    return await outcomeOf(call);
  } finally {
    lifetime.removeEventListener("abort", giveUp);
  }
}
