import { Resolver } from "node:dns/promises";
import type { ResolvedDnsOptions } from "./dns-options.js";

/** Where an instance answers HTTP. */
export interface HttpAddress {
  readonly host: string;
  readonly port: number;
}

export interface FoundAddresses {
  readonly addresses: readonly HttpAddress[];
  /** How long they may be believed, in milliseconds; undefined when DNS does not say. */
  readonly ttlMs: number | undefined;
}

export interface AddressFinder {
  /**
   * None for a name that does not exist.
   * @throws Error when DNS does not answer, or says that it can't
   */
  find(target: string): Promise<FoundAddresses>;
  /** Gives up what is asked now. */
  stop(): void;
}

/** How long one try of a question may take, in milliseconds. */
const timeoutMs = 1_500;
const tries = 2;

/** What DNS says where there is nothing: no such name, no record of that kind, or no name at all. */
const nothing: ReadonlySet<string | undefined> = new Set(["ENOTFOUND", "ENODATA", "EBADNAME"]);

export function createAddressFinder({ name, port, servers }: ResolvedDnsOptions): AddressFinder {
  const resolver = new Resolver({ timeout: timeoutMs, tries });
  if (servers) resolver.setServers(servers);

  async function hostsOf(hostname: string): Promise<{ hosts: readonly string[]; ttlMs: number | undefined }> {
    const found = await orNothing(resolver.resolve4(hostname, { ttl: true }));
    const records = found.length > 0 ? found : await orNothing(resolver.resolve6(hostname, { ttl: true }));
    const ttls = records.map(({ ttl }) => ttl * 1_000);
    return { hosts: records.map(({ address }) => address), ttlMs: ttls.length > 0 ? Math.min(...ttls) : undefined };
  }

  async function byService(full: string): Promise<FoundAddresses> {
    // Nobody can be asked at port 0.
    const records = (await orNothing(resolver.resolveSrv(full))).filter((record) => record.port > 0);
    const found = await Promise.all(records.map((record) => hostsOf(record.name)));
    const addresses = found.flatMap(({ hosts }, at) =>
      hosts.map((host) => ({ host, port: (records[at] as { port: number }).port })),
    );
    const ttls = found.flatMap(({ ttlMs }) => (ttlMs === undefined ? [] : [ttlMs]));
    return { addresses, ttlMs: ttls.length > 0 ? Math.min(...ttls) : undefined };
  }

  return {
    async find(target) {
      const full = name.replace("{target}", target);
      if (port === undefined) return byService(full);
      const { hosts, ttlMs } = await hostsOf(full);
      return { addresses: hosts.map((host) => ({ host, port })), ttlMs };
    },
    stop: () => resolver.cancel(),
  };
}

async function orNothing<T>(records: Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await records;
  } catch (error) {
    if (nothing.has((error as NodeJS.ErrnoException).code)) return [];
    throw error;
  }
}
