import { parseArgs } from "node:util";
import { createChildren } from "../support/children.mjs";
import { attack } from "./fuzz/attack.mjs";
import { callRightly } from "./fuzz/callers.mjs";
import { createRandom } from "./fuzz/random.mjs";

export const summary =
  "mutated frames and HTTP requests against a service: it serves on, flat in memory [--count N] [--seed N]";

const attackers = 16;
/** Before the first look at the memory, so that what is compiled and cached by then does not count. */
const warmUpShare = 0.2;
const looks = 5;
const must = { heapMb: 16, rssMb: 64 };

/** @param {string[]} args */
export async function run(args) {
  const { values } = parseArgs({ args, options: { count: { type: "string" }, seed: { type: "string" } } });
  const count = Number(values.count ?? 2_000_000);
  const seed = Number(values.seed ?? Date.now() % 1_000_000);
  console.log(`${count} mutants, seed ${seed}`);
  const children = createChildren();
  try {
    return await fuzz({ count, seed, children });
  } finally {
    await children.stopAll();
  }
}

async function fuzz({ count, seed, children }) {
  const victim = children.start(new URL("fuzz/victim-child.mjs", import.meta.url), { execArgv: ["--expose-gc"] });
  const port = await victim.ask("start");
  const startedAt = performance.now();
  const sent = { frames: 0, requests: 0 };
  let limit = 0;
  let isOver = false;
  const calling = callRightly(port, () => isOver);
  calling.catch(() => {});
  const randoms = Array.from({ length: attackers }, (_, index) => createRandom(seed * attackers + index + 1));
  const memory = [];

  async function attackUpTo(share) {
    limit = Math.ceil(count * share);
    const left = () => limit - sent.frames - sent.requests;
    const took = (kind, more) => {
      sent[kind] += more;
    };
    const attacking = randoms.map((random) => attack({ port, random, left, took }));
    // A wrong answer ends it all.
    await Promise.race([Promise.all(attacking), calling]);
    memory.push(await victim.ask("memory"));
    const { rssMb, heapMb } = memory.at(-1);
    console.log(
      `${sent.frames} frames, ${sent.requests} requests: RSS ${rssMb.toFixed(1)} MB, heap ${heapMb.toFixed(1)} MB`,
    );
  }

  for (let look = 0; look < looks; look++) await attackUpTo(warmUpShare + ((1 - warmUpShare) * look) / (looks - 1));
  isOver = true;
  const rightCalls = await calling;
  const faults = await victim.ask("faults");
  for (const fault of faults.slice(0, 10)) console.log(fault);
  const [first, ...later] = memory;
  const growth = (key) => Number((Math.min(...later.slice(-2).map((look) => look[key])) - first[key]).toFixed(1));
  const heapGrowthMb = growth("heapMb");
  const rssGrowthMb = growth("rssMb");
  return {
    ok: faults.length === 0 && heapGrowthMb < must.heapMb && rssGrowthMb < must.rssMb && rightCalls > 0,
    count: sent.frames + sent.requests,
    ...sent,
    seed,
    rightCalls,
    faults: faults.length,
    heapGrowthMb,
    rssGrowthMb,
    seconds: Number(((performance.now() - startedAt) / 1000).toFixed(1)),
  };
}
