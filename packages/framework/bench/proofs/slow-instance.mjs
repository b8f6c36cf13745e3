import { setTimeout as sleep } from "node:timers/promises";
import { readProofArgs } from "./system/proof-args.mjs";
import { withSystem } from "./system/system.mjs";
import { countBy, lineOf, tallyOf } from "./system/tally.mjs";

export const summary =
  "one of five instances is 10 times slower: p99 by default against round robin [--seconds N] [--rate N] [--rounds N] [--quick]";

const choices = { defaults: { seconds: 20, rate: 200, rounds: 3 }, quick: { seconds: 6, rounds: 1 } };
/** Long enough that what a busy machine adds does not matter. */
const delaysMs = [20, 20, 20, 20, 200];
const warmUpMs = 1_000;
const mostRatio = 0.33;
const balances = { "round robin": { routing: { balance: "round-robin" } }, default: {} };
const message = { $$target: "work", role: "work", cmd: "read" };

/** @param {string[]} args */
export async function run(args) {
  const { seconds, rate, rounds } = readProofArgs(args, choices);
  return withSystem({}, async (system) => {
    const services = await Promise.all(delaysMs.map((delayMs) => system.startService({ delayMs })));
    const slow = services.at(-1).instance;
    console.log(`5 instances that take ${delaysMs.join(", ")} ms; ${rate} calls/s for ${seconds} s each way`);
    const measured = { "round robin": [], default: [] };
    for (let round = 0; round < rounds; round++) {
      for (const [name, options] of Object.entries(balances)) {
        const figures = await measure(system, options, { rate, seconds, slow });
        console.log(`${lineOf(name, figures)}; ${figures.slowShare} % by the slow one`);
        measured[name].push(figures);
      }
    }
    // Whatever else the machine does only makes a round slower, so each way counts by its best.
    const best = (name) => Math.min(...measured[name].map(({ p99Ms }) => p99Ms));
    const p99Ratio = Number((best("default") / best("round robin")).toFixed(3));
    const failed = Object.values(measured)
      .flat()
      .reduce((sum, figures) => sum + figures.failed, 0);
    return { ok: p99Ratio <= mostRatio && failed === 0, p99Ratio, failed, ...measured };
  });
}

/** Every caller learns anew what the instances are like. */
async function measure(system, options, { rate, seconds, slow }) {
  const caller = await system.startCaller({ options });
  await caller.ask("begin", { perSecond: rate, message });
  await sleep(warmUpMs + seconds * 1_000);
  const all = await caller.ask("end");
  await caller.stop();
  const outcomes = all.filter(({ sentAt }) => sentAt >= all[0].sentAt + warmUpMs);
  const slowShare = Number(((100 * (countBy(outcomes, "by")[slow] ?? 0)) / outcomes.length).toFixed(2));
  return { ...tallyOf(outcomes), slowShare };
}
