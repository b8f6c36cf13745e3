import { bytesOf, exchange } from "./fuzz/exchange.mjs";
import { runFuzz, watchMemory } from "./fuzz/fuzzing.mjs";
import { faultOf } from "./fuzz/judge-answer.mjs";
import { createMutator } from "./fuzz/mutations.mjs";
import { createRequests } from "./fuzz/operations.mjs";

export const summary =
  "requests made of the gateway's own OpenAPI document, right, odd and broken: no 5xx but meant ones, no stack, flat in memory [--count N] [--seed N]";

/** Before the first look at the memory, so that what is compiled and cached by then does not count. */
const warmUpShare = 0.25;

/** @param {string[]} args */
export function run(args) {
  return runFuzz(args, { count: 200_000, what: "requests", attackers: 8 }, fuzz);
}

async function fuzz({ count, randoms, startVictim }) {
  const victim = startVictim(new URL("fuzz/gateway-child.mjs", import.meta.url));
  const memory = watchMemory(victim);
  const url = new URL(await victim.ask("start"));
  const requestsFor = createRequests(await (await fetch(new URL("/openapi.json", url))).json());
  const sent = { right: 0, odd: 0, broken: 0 };
  const statuses = {};
  const faults = [];

  async function attack(random, limit) {
    const requests = requestsFor(random);
    const { broken } = createMutator(random);
    while (sent.right + sent.odd + sent.broken < limit && faults.length < 10) {
      const kind = random.chance(0.2) ? "right" : random.chance(0.8) ? "odd" : "broken";
      sent[kind] += 1;
      const request = kind === "right" ? requests.right() : requests.odd();
      const whole = bytesOf(request);
      const text = await exchange(url, kind === "broken" ? broken(whole, whole) : whole, kind === "right").catch(
        String,
      );
      const status = text.slice(9, 12) || "none";
      statuses[status] = (statuses[status] ?? 0) + 1;
      const fault = faultOf(text, request, kind === "right");
      if (fault) faults.push(`${fault}\n  to: ${whole.toString("latin1").slice(0, 800)}`);
    }
  }

  for (const share of [warmUpShare, (1 + warmUpShare) / 2, 1]) {
    await Promise.all(randoms.map((random) => attack(random, Math.ceil(count * share))));
    await memory.look(JSON.stringify(sent));
  }
  faults.push(...(await victim.ask("faults")));
  for (const fault of faults.slice(0, 10)) console.log(fault);
  const { isFlat, ...growth } = memory.growth();
  return {
    ok: faults.length === 0 && isFlat,
    count: sent.right + sent.odd + sent.broken,
    ...sent,
    statuses,
    faults: faults.length,
    ...growth,
  };
}
