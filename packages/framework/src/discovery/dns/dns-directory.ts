import { backoffMs, createListeners, delay, type Logger, silentLogger } from "../../core/index.js";
import type { Directory } from "../directory.js";
import { createFollowed, type Followed } from "../followed-target.js";
import { createUnlisted } from "../unlisted.js";
import { createDnsListing } from "./dns-listing.js";
import type { ResolvedDnsOptions } from "./dns-options.js";
import { createAddressFinder, type HttpAddress } from "./find-addresses.js";

export interface DnsDirectoryOptions {
  dns: ResolvedDnsOptions;
  /** As for `createDirectory`. @default 600_000 */
  keepUnlistedMs?: number;
  /** @default silentLogger */
  log?: Logger;
}

/** No name is asked for more often, whatever its TTL, in milliseconds. */
const leastPauseMs = 1_000;

/**
 * Who is alive, by DNS: a name for each target gives addresses, and who is there says itself which instance it is. Most
 * of what Consul's directory promises holds here too: an answer without most instances is no proof that they are gone,
 * and one that does not come changes nothing.
 */
export function createDnsDirectory(options: DnsDirectoryOptions): Directory {
  const { dns, keepUnlistedMs = 600_000, log = silentLogger } = options;
  const finder = createAddressFinder(dns);
  const loops = new Set<Promise<void>>();
  const listeners = createListeners();
  const followed = new Map<string, Followed>();
  const seen = new Set<string>(dns.targets);
  const unlisted = createUnlisted({ log, keepMs: keepUnlistedMs, lister: "DNS" });
  let lostAt: number | undefined;
  let isStopped = false;

  function answered(): void {
    if (lostAt !== undefined) log.info("DNS answers again");
    lostAt = undefined;
  }

  function failed(error: unknown, target: string): void {
    const said = error instanceof Error ? error.message : String(error);
    // All targets fail together; one line says it.
    log[lostAt === undefined ? "warn" : "debug"](`DNS does not tell who ${target} is (${said}); what was known stays`);
    lostAt ??= performance.now();
  }

  async function watch(target: string, entry: () => Followed, signal: AbortSignal): Promise<void> {
    const listing = createDnsListing({ target, log });
    let addresses: readonly HttpAddress[] | undefined;
    for (let failures = 0; !signal.aborted; ) {
      let pauseMs = dns.refreshMs;
      try {
        const found = await finder.find(target);
        if (signal.aborted) return;
        answered();
        failures = 0;
        addresses = found.addresses;
        if (addresses.length > 0) seen.add(target);
        if (found.ttlMs !== undefined) pauseMs = Math.min(dns.refreshMs, Math.max(leastPauseMs, found.ttlMs));
      } catch (error) {
        if (signal.aborted) return;
        failed(error, target);
        pauseMs = leastPauseMs + backoffMs(failures++, { maxMs: dns.refreshMs });
        entry().giveUp();
      }
      // Those known are asked on while DNS is away: one that leaves says so itself.
      if (addresses) entry().take(target, await listing.update(addresses, signal));
      await delay(pauseMs, signal);
    }
  }

  function follow(target: string): Followed {
    const entry: Followed = createFollowed({
      target,
      unlisted,
      onChange: () => listeners.tell(log),
      watchName: (_name, signal) => {
        if (isStopped) return;
        const loop = watch(target, () => entry, signal);
        loops.add(loop);
        void loop.finally(() => loops.delete(loop));
      },
    });
    followed.set(target, entry);
    entry.follow([target], true);
    return entry;
  }

  return {
    listed: Promise.resolve(),
    stoodIn: new Promise(() => {}),
    get targets() {
      return seen;
    },
    start: () => listeners.tell(log),
    async stop() {
      isStopped = true;
      for (const entry of followed.values()) entry.stop();
      finder.stop();
      unlisted.stop();
      await Promise.all(loops);
    },
    follow: (target) => followed.get(target) ?? follow(target),
    forget(target) {
      if (seen.has(target)) return;
      followed.get(target)?.stop();
      followed.delete(target);
    },
    isKnown: (target) => seen.has(target),
    onChange: listeners.add,
    onReturn: () => () => {},
    health: () => ({
      reachable: lostAt === undefined,
      source: "dns",
      unlisted: unlisted.size,
      ...(lostAt !== undefined && { unreachableMs: Math.round(performance.now() - lostAt) }),
    }),
  };
}
