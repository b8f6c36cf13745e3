import { type Logger, VastifyError } from "../core/index.js";
import type { Settings } from "../discovery/index.js";
import {
  type Chaos,
  mergePolicies,
  type ResolvedTargetPolicy,
  readChaos,
  readPolicy,
  resolvePolicy,
  type TargetPolicy,
} from "../resilience/index.js";
import { noRules, type RouteRules, readRouteRules } from "./route-rules.js";

export interface DocumentsOptions {
  /** Consul's KV, where operators write. */
  readonly settings: Settings | undefined;
  /** What the service's author wrote, by target. */
  readonly policies: Readonly<Record<string, TargetPolicy>>;
  /** Whether faults may be injected. */
  readonly chaos: boolean;
  readonly log: Logger;
}

/** What operators and authors wrote about each target, checked. What can't be read is warned of, and what stood before stays. */
export interface Documents {
  /** Changes when something was written. */
  readonly revision: number;
  /** The same object until it is written anew; so are the others. */
  rulesOf(target: string): RouteRules;
  policyOf(target: string): ResolvedTargetPolicy;
  chaosOf(target: string): Chaos | undefined;
  /** Drops what was read for a target; it is read anew when it is asked for. */
  forget(target: string): void;
  stop(): void;
}

/** @throws VastifyError `invalid_argument`, reason `bad_option`, naming what is wrong in `policies` */
export function createDocuments({ settings, policies, chaos, log }: DocumentsOptions): Documents {
  const read = new Map<string, { readonly document: unknown; readonly value: unknown }>();
  const authored = new Map(
    Object.entries(policies).map(([target, policy]) => {
      const where = `policies.${target}`;
      return [target, { policy: readPolicy(policy, where), resolved: resolvePolicy(policy, where) }];
    }),
  );
  const usual = { policy: {}, resolved: resolvePolicy({}, "policies") };
  let revision = 0;
  const stop = settings?.onChange(() => {
    revision += 1;
  });

  /** @param parse throws when the document is not what it must be */
  function compiled<T>(key: string, absent: T, parse: (document: unknown) => T, kept = key): T {
    const document = settings?.get(key);
    const known = read.get(kept);
    if (known && known.document === document) return known.value as T;
    let value = absent;
    try {
      if (document !== undefined) value = parse(document);
    } catch (error) {
      log.warn(`vastify/${key} in Consul's KV is not used: ${VastifyError.from(error).message}`);
      value = known ? (known.value as T) : absent;
    }
    read.set(kept, { document, value });
    return value;
  }

  return {
    get revision() {
      return revision;
    },
    rulesOf: (target) =>
      compiled<RouteRules>(`routes/${target}`, noRules, (document) => {
        const result = readRouteRules(document);
        if ("problem" in result) throw new VastifyError("invalid_argument", result.problem);
        return result.rules;
      }),
    policyOf(target) {
      const base = authored.get(target) ?? authored.get("*") ?? usual;
      const key = settings?.get(`policies/${target}`) === undefined ? "policies/*" : `policies/${target}`;
      return compiled(
        key,
        base.resolved,
        (document) => {
          const where = `vastify/${key}`;
          return resolvePolicy(mergePolicies(base.policy, readPolicy(document, where)), where);
        },
        `policies/${target}`,
      );
    },
    chaosOf: (target) =>
      chaos
        ? compiled<Chaos | undefined>(`chaos/${target}`, undefined, (document) =>
            readChaos(document, { where: `vastify/chaos/${target}` }),
          )
        : undefined,
    forget(target) {
      for (const kind of ["routes", "policies", "chaos"]) read.delete(`${kind}/${target}`);
    },
    stop: () => stop?.(),
  };
}
