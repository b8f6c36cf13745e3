import { setTimeout as delay } from "node:timers/promises";
import { createRegistry } from "vastify/devtools";
import { answerParent } from "../../support/child.mjs";

/**
 * What the parent may ask of a process under attack.
 * @param {ReturnType<typeof import("./faults.mjs").watchFaults>} faults
 * @param {(common: { version: string, consul: { address: string }, log: object }) => Promise<unknown>} start starts the
 *   services with what they have in common, a development registry of their own, and tells where they are attacked
 */
export function answerAsVictim(faults, start) {
  const { log } = faults;
  answerParent({
    async start() {
      const registry = createRegistry({ port: 0 });
      await registry.start({ signal: new AbortController().signal, log });
      return start({ version: "1.0.0", consul: { address: registry.url }, log });
    },
    async memory() {
      // What is refused lingers for a second.
      await delay(1_500);
      globalThis.gc();
      const { rss, heapUsed } = process.memoryUsage();
      return { rssMb: rss / 1e6, heapMb: heapUsed / 1e6 };
    },
    faults: faults.list,
  });
}
