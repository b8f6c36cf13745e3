import { parseArgs } from "node:util";
import { createChildren } from "../../support/children.mjs";
import { createRandom } from "./random.mjs";

const growthMust = { heapMb: 16, rssMb: 64 };

/**
 * Runs a fuzz with its `--count` and `--seed`, and ends what it started.
 * @param {string[]} args
 * @param {{ count: number, what: string, attackers: number }} defaults what is counted, and how many attack at once
 * @param {(run: { count: number, seed: number, randoms: ReturnType<typeof createRandom>[],
 *   startVictim(file: URL): import("../../support/children.mjs").Child }) => Promise<{ ok: boolean }>} fuzz
 */
export async function runFuzz(args, defaults, fuzz) {
  const { values } = parseArgs({ args, options: { count: { type: "string" }, seed: { type: "string" } } });
  const count = Number(values.count ?? defaults.count);
  const seed = Number(values.seed ?? Date.now() % 1_000_000);
  console.log(`${count} ${defaults.what}, seed ${seed}`);
  const { attackers } = defaults;
  const randoms = Array.from({ length: attackers }, (_, index) => createRandom(seed * attackers + index + 1));
  const children = createChildren();
  const startVictim = (file) => children.start(file, { execArgv: ["--expose-gc"] });
  const startedAt = performance.now();
  try {
    const outcome = await fuzz({ count, seed, randoms, startVictim });
    return { ...outcome, seed, seconds: Number(((performance.now() - startedAt) / 1_000).toFixed(1)) };
  } finally {
    await children.stopAll();
  }
}

/** The memory of a victim, looked at from time to time: the first look is what the others are held against. */
export function watchMemory(victim) {
  const looks = [];
  return {
    async look(sent) {
      const { rssMb, heapMb } = await victim.ask("memory");
      looks.push({ rssMb, heapMb });
      console.log(`${sent}: RSS ${rssMb.toFixed(1)} MB, heap ${heapMb.toFixed(1)} MB`);
    },
    /** Growth is what the last two looks have in common: what one of them only caught on its way is none. */
    growth() {
      const [first, ...later] = looks;
      const of = (key) => Number((Math.min(...later.slice(-2).map((look) => look[key])) - first[key]).toFixed(1));
      const growth = { heapGrowthMb: of("heapMb"), rssGrowthMb: of("rssMb") };
      return { ...growth, isFlat: growth.heapGrowthMb < growthMust.heapMb && growth.rssGrowthMb < growthMust.rssMb };
    },
  };
}
