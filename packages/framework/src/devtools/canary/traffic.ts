import { isDeepStrictEqual } from "node:util";
import semver from "semver";
import { delay, silentLogger, VastifyError } from "../../core/index.js";
import { type ConsulOptions, connectConsul, createDirectory, createSettings } from "../../discovery/index.js";
import { readRouteRules } from "../../routing/index.js";
import { asRouteDocument, type RouteDocument } from "./route-document.js";

/** Who is alive, and how calls are shared out among them: Consul, as a canary needs it. */
export interface Traffic {
  /** The versions of a target that are alive and answer calls, the newest first. */
  versionsOf(target: string): Promise<readonly string[]>;
  /**
   * What stands in `vastify/routes/<target>`.
   * @throws VastifyError `failed_precondition`, reason `bad_rules`, where callers don't use it but what stood there before:
   * whatever is written into it then changes nothing
   */
  rulesOf(target: string): RouteDocument;
  /**
   * Writes what `change` makes of it, whoever else writes there too.
   * @throws VastifyError such as `unavailable`, reason `registry_unreachable`
   */
  change(target: string, change: (document: RouteDocument) => RouteDocument): Promise<void>;
  /** Resolves when anything changed, when so many milliseconds are over, or when `signal` aborts. */
  news(ms: number, signal: AbortSignal): Promise<void>;
}

/** How often a document is written again when somebody else wrote it meanwhile. */
const mostWrites = 10;

/**
 * Follows Consul while `use` runs.
 * @throws VastifyError `unavailable`, reason `registry_unreachable`, when Consul does not answer
 */
export async function withTraffic<T>(
  options: ConsulOptions,
  warn: (message: string) => void,
  use: (traffic: Traffic) => Promise<T>,
): Promise<T> {
  const consul = connectConsul(options);
  const log = { ...silentLogger, warn, error: warn };
  const directory = createDirectory({ consul, log });
  const settings = createSettings({ consul, log });
  let wake = (): void => {};
  directory.onChange(() => wake());
  settings.onChange(() => wake());
  // What follows Consul holds no process open by itself.
  const holdOpen = setInterval(() => {}, 60_000);

  async function news(ms: number, signal?: AbortSignal): Promise<void> {
    const woken = new AbortController();
    wake = () => woken.abort();
    signal?.addEventListener("abort", wake, { once: true });
    await delay(ms, woken.signal);
    signal?.removeEventListener("abort", wake);
  }

  /** Whoever reads the rules after a change of them must not see what they were. */
  async function seen(isSeen: () => boolean): Promise<void> {
    const until = performance.now() + consul.timeoutMs;
    while (!isSeen() && performance.now() < until) await news(until - performance.now());
  }

  function rulesOf(target: string): RouteDocument {
    const key = `routes/${target}`;
    const document = settings.get(key);
    const problem = settings.problemOf(key) ?? (document === undefined ? undefined : problemOf(document));
    if (problem === undefined) return asRouteDocument(document);
    const text = `callers don't use what stands in vastify/${key}, mend or delete it first: ${problem}`;
    throw new VastifyError("failed_precondition", text, { reason: "bad_rules" });
  }

  const traffic: Traffic = {
    async versionsOf(target) {
      const followed = directory.follow(target);
      await followed.known;
      const callable = followed.instances.filter(({ endpoint }) => endpoint !== null);
      return semver.rsort([...new Set(callable.map(({ version }) => version))]);
    },
    rulesOf,
    async change(target, change) {
      const key = `routes/${target}`;
      const before = settings.get(key);
      for (let writes = 0; writes < mostWrites; writes++) {
        let isChange = false;
        const isDone = await settings.replace(key, (now) => {
          const next = change(asRouteDocument(now));
          isChange = !isDeepStrictEqual(next, now);
          return isChange ? next : now;
        });
        if (isDone && isChange) await seen(() => settings.get(key) !== before);
        if (isDone) return;
      }
      throw new VastifyError("unavailable", `vastify/${key} changes all the time`);
    },
    news,
  };

  directory.start();
  settings.start();
  try {
    await Promise.race([Promise.all([directory.listed, settings.known]), delay(consul.timeoutMs)]);
    if (settings.index === undefined || directory.health().source === "none") throw unreachable(consul.address);
    return await use(traffic);
  } finally {
    await settings.stop();
    await directory.stop();
    clearInterval(holdOpen);
  }
}

function problemOf(document: unknown): string | undefined {
  const read = readRouteRules(document);
  return "problem" in read ? read.problem : undefined;
}

function unreachable(address: string): VastifyError {
  return new VastifyError(
    "unavailable",
    `Consul at ${address} does not answer: set the right address (CONSUL_HTTP_ADDR)`,
    {
      reason: "registry_unreachable",
    },
  );
}
