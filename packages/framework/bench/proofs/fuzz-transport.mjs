import { attack } from "./fuzz/attack.mjs";
import { callRightly } from "./fuzz/callers.mjs";
import { runFuzz, watchMemory } from "./fuzz/fuzzing.mjs";

export const summary =
  "mutated frames and HTTP requests against a service: it serves on, flat in memory [--count N] [--seed N]";

/** Before the first look at the memory, so that what is compiled and cached by then does not count. */
const warmUpShare = 0.2;
const looks = 5;

/** @param {string[]} args */
export function run(args) {
  return runFuzz(args, { count: 2_000_000, what: "mutants", attackers: 16 }, fuzz);
}

async function fuzz({ count, randoms, startVictim }) {
  const victim = startVictim(new URL("fuzz/victim-child.mjs", import.meta.url));
  const memory = watchMemory(victim);
  const port = await victim.ask("start");
  const sent = { frames: 0, requests: 0 };
  let limit = 0;
  let isOver = false;
  const calling = callRightly(port, () => isOver);
  calling.catch(() => {});

  async function attackUpTo(share) {
    limit = Math.ceil(count * share);
    const left = () => limit - sent.frames - sent.requests;
    const took = (kind, more) => {
      sent[kind] += more;
    };
    const attacking = randoms.map((random) => attack({ port, random, left, took }));
    // A wrong answer ends it all.
    await Promise.race([Promise.all(attacking), calling]);
    await memory.look(`${sent.frames} frames, ${sent.requests} requests`);
  }

  for (let look = 0; look < looks; look++) await attackUpTo(warmUpShare + ((1 - warmUpShare) * look) / (looks - 1));
  isOver = true;
  const rightCalls = await calling;
  const faults = await victim.ask("faults");
  for (const fault of faults.slice(0, 10)) console.log(fault);
  const { isFlat, ...growth } = memory.growth();
  return {
    ok: faults.length === 0 && isFlat && rightCalls > 0,
    count: sent.frames + sent.requests,
    ...sent,
    rightCalls,
    faults: faults.length,
    ...growth,
  };
}
