import { parseArgs } from "node:util";
import { startRedis } from "@vastify/backends";
import { createChildren } from "../support/children.mjs";

export const summary =
  "200 parallel misses of one key over 3 processes load it once; a loader that dies holds nobody up";

const shares = [67, 67, 66];

/** @param {string[]} args */
export async function run(args) {
  const { values } = parseArgs({ args, options: { keys: { type: "string" } } });
  const keys = Number(values.keys ?? 50);
  const redis = await startRedis();
  const children = createChildren();
  const start = async () => {
    const child = children.start(new URL("cache/loading-child.mjs", import.meta.url), { args: [redis.url] });
    await child.ask("start");
    return child;
  };
  try {
    const processes = await Promise.all(shares.map(start));
    const wantEverywhere = async (key, loadMs) => {
      const told = await Promise.all(processes.map((child, n) => child.ask("want", { key, times: shares[n], loadMs })));
      return {
        loads: told.reduce((sum, { loads }) => sum + loads, 0),
        answers: new Set(told.flatMap(({ answers }) => answers)).size,
      };
    };
    let loads = 0;
    let different = 0;
    for (let n = 0; n < keys; n++) {
      const outcome = await wantEverywhere(`key ${n}`, (n % 5) * 40);
      loads += outcome.loads;
      if (outcome.answers !== 1) different++;
    }
    console.log(`${keys} keys, each wanted ${shares.join(" + ")} times at once: ${loads} loads`);

    const dying = await start();
    await dying.ask("die", { key: "orphan" }).catch(() => {});
    const startedAt = performance.now();
    const orphan = await wantEverywhere("orphan", 0);
    const heldUpMs = Math.round(performance.now() - startedAt);
    console.log(`a key whose loader was killed: ${orphan.loads} load, after ${heldUpMs} ms (the lease is 1,000 ms)`);
    const ok = loads === keys && different === 0 && orphan.loads === 1 && orphan.answers === 1;
    return { ok, keys, loads, differentAnswers: different, loadsAfterDeath: orphan.loads, heldUpMs };
  } finally {
    await children.stopAll();
    await redis.stop();
  }
}
