import type { Logger } from "../core/index.js";
import { type Instance, type ReadInstance, readInstance } from "./instance.js";
import type { Answer } from "./watch.js";

/** What Consul says of one service name. */
export interface Listing {
  readonly passing: readonly Instance[];
  /** Ids of those under maintenance: whether they answer does not matter. */
  readonly withdrawn: ReadonlySet<string>;
}

/** Ids are new with every process, so what was warned of can't be remembered for ever. */
const mostRemembered = 1_000;

/**
 * Reads answers of `GET /v1/health/service/:name`. An instance that can't be used is left out and warned of once.
 * @throws Error when the answer is not one of Consul's
 */
export function createListingReader(log: Logger): (answer: Answer) => Listing {
  const warned = new Set<string>();

  const warnOnce = (id: string, problem: string): void => {
    if (warned.has(id)) return;
    if (warned.size === mostRemembered) warned.clear();
    warned.add(id);
    log.warn(`instance ${id} is skipped: ${problem}`, { instance: id });
  };

  return ({ body }) => {
    if (!Array.isArray(body)) throw new Error("its answer is not a list of instances");
    const read: ReadInstance[] = [];
    for (const entry of body) {
      const one = readInstance(entry);
      if (one === undefined) throw new Error("its answer lists something that is not an instance");
      if ("problem" in one) warnOnce(one.id, one.problem);
      else read.push(one);
    }
    return {
      passing: read.filter(({ state }) => state === "passing").map(({ instance }) => instance),
      withdrawn: new Set(read.filter(({ state }) => state === "withdrawn").map(({ instance }) => instance.id)),
    };
  };
}
