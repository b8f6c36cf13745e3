import { parseArgs } from "node:util";
import { createChildren } from "../support/children.mjs";
import { bytesOf, exchange } from "./fuzz/exchange.mjs";
import { faultOf } from "./fuzz/judge-answer.mjs";
import { createMutator } from "./fuzz/mutations.mjs";
import { createRequests } from "./fuzz/operations.mjs";
import { createRandom } from "./fuzz/random.mjs";

export const summary =
  "requests made of the gateway's own OpenAPI document, right, odd and broken: no 5xx but meant ones, no stack, flat in memory [--count N] [--seed N]";

const attackers = 8;
/** Before the first look at the memory, so that what is compiled and cached by then does not count. */
const warmUpShare = 0.25;
const must = { heapMb: 16, rssMb: 64 };

/** @param {string[]} args */
export async function run(args) {
  const { values } = parseArgs({ args, options: { count: { type: "string" }, seed: { type: "string" } } });
  const count = Number(values.count ?? 200_000);
  const seed = Number(values.seed ?? Date.now() % 1_000_000);
  console.log(`${count} requests, seed ${seed}`);
  const children = createChildren();
  try {
    return await fuzz({ count, seed, children });
  } finally {
    await children.stopAll();
  }
}

async function fuzz({ count, seed, children }) {
  const victim = children.start(new URL("fuzz/gateway-child.mjs", import.meta.url), { execArgv: ["--expose-gc"] });
  const url = new URL(await victim.ask("start"));
  const requestsFor = createRequests(await (await fetch(new URL("/openapi.json", url))).json());
  const startedAt = performance.now();
  const sent = { right: 0, odd: 0, broken: 0 };
  const statuses = {};
  const faults = [];
  const memory = [];

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
    const randoms = Array.from({ length: attackers }, (_, index) =>
      createRandom((seed + share) * attackers + index + 1),
    );
    await Promise.all(randoms.map((random) => attack(random, Math.ceil(count * share))));
    memory.push(await victim.ask("memory"));
    const { rssMb, heapMb } = memory.at(-1);
    console.log(`${JSON.stringify(sent)}: RSS ${rssMb.toFixed(1)} MB, heap ${heapMb.toFixed(1)} MB`);
  }
  faults.push(...(await victim.ask("faults")));
  for (const fault of faults.slice(0, 10)) console.log(fault);
  const growth = (key) => Number((Math.min(...memory.slice(1).map((look) => look[key])) - memory[0][key]).toFixed(1));
  const heapGrowthMb = growth("heapMb");
  const rssGrowthMb = growth("rssMb");
  return {
    ok: faults.length === 0 && heapGrowthMb < must.heapMb && rssGrowthMb < must.rssMb,
    count: sent.right + sent.odd + sent.broken,
    ...sent,
    seed,
    statuses,
    faults: faults.length,
    heapGrowthMb,
    rssGrowthMb,
    seconds: Number(((performance.now() - startedAt) / 1_000).toFixed(1)),
  };
}
