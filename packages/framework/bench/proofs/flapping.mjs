import { setTimeout as sleep } from "node:timers/promises";
import { startConsulProxy } from "./system/consul-proxy.mjs";
import { processFigures } from "./system/process-figures.mjs";
import { readProofArgs } from "./system/proof-args.mjs";
import { whenPassing } from "./system/registered.mjs";
import { withSystem } from "./system/system.mjs";
import { lineOf, tallyOf } from "./system/tally.mjs";

export const summary =
  "200 instances of a target come and go while it is called: a flat heap, few queries, no failure [--seconds N] [--changes N] [--quick]";

const choices = { defaults: { seconds: 30, changes: 100, instances: 200 }, quick: { seconds: 6, instances: 50 } };
const callsPerSecond = 50;
const atATime = 16;
const most = { heapGrowthMb: 10, queriesPerSecond: 15 };
const message = { $$target: "work", role: "work", cmd: "read" };

/** @param {string[]} args */
export async function run(args) {
  const { seconds, changes, instances } = readProofArgs(args, choices);
  return withSystem({}, async (system) => {
    const services = await Promise.all([system.startService(), system.startService()]);
    const proxy = await startConsulProxy(system.consul.httpAddr);
    const caller = await system.startCaller({ options: { consul: { address: proxy.address } } });
    const flappers = createFlappers(system.api, instances);
    await caller.ask("begin", { perSecond: callsPerSecond, message });

    // Once around, so that what is compiled and cached by then does not count.
    await flappers.flap({ perSecond: changes, seconds: Math.max(2, (2 * instances) / changes) });
    await flappers.settle();
    const before = await whenStill(caller);
    console.log(`before: ${shown(before)}`);

    const queriesBefore = proxy.counts();
    const made = await flappers.flap({ perSecond: changes, seconds });
    const queries = Object.fromEntries(
      Object.entries(proxy.counts()).map(([kind, count]) => [kind, count - (queriesBefore[kind] ?? 0)]),
    );
    await flappers.settle();
    await whenPassing(system.api, "work", services);
    const after = await whenStill(caller, before);
    console.log(`after ${made} changes in ${seconds} s: ${shown(after)}`);
    const calls = tallyOf(await caller.ask("end"));
    proxy.close();

    console.log(lineOf("calls", calls));
    console.log(`queries: ${JSON.stringify(queries)}`);
    const heapGrowthMb = Number((after.heapMb - before.heapMb).toFixed(1));
    const queriesPerSecond = Number(
      (Object.values(queries).reduce((sum, count) => sum + count, 0) / seconds).toFixed(1),
    );
    const isFlat = heapGrowthMb < most.heapGrowthMb && after.files <= before.files && after.handles <= before.handles;
    return {
      ok: calls.failed === 0 && isFlat && queriesPerSecond <= most.queriesPerSecond,
      changes: made,
      calls,
      heapGrowthMb,
      files: [before.files, after.files],
      handles: [before.handles, after.handles],
      queriesPerSecond,
    };
  });
}

/**
 * Instances that nobody is behind. Their version is older than the real ones', so that calls without a version never go
 * to them: what is measured is the cost of following them.
 */
function createFlappers(api, count) {
  const ids = Array.from({ length: count }, (_, n) => `work@flapper-${n}`);
  const registered = new Set();

  async function toggle(id) {
    if (registered.has(id)) {
      registered.delete(id);
      await api.deregister(id);
    } else {
      registered.add(id);
      await api.register({ id, target: "work", version: "0.1.0", microservicePort: 1 });
    }
  }

  return {
    /** They come and go in turn, a few at a time: Consul takes 200 connections at most. Gives how many changes were made. */
    async flap({ perSecond, seconds }) {
      const endAt = performance.now() + seconds * 1_000;
      let made = 0;
      async function flapOn() {
        while (performance.now() < endAt) {
          const pause = sleep((1_000 * atATime) / perSecond);
          await toggle(ids[made++ % count]);
          await pause;
        }
      }
      await Promise.all(Array.from({ length: atATime }, flapOn));
      return made;
    },
    /** All go. */
    async settle() {
      for (const id of ids) if (registered.has(id)) await toggle(id);
    },
  };
}

async function figuresOf(caller) {
  const { heapMb, handles } = await caller.ask("memory");
  const { files } = processFigures(caller.pid);
  return { heapMb, files, handles: Object.values(handles).reduce((sum, count) => sum + count, 0) };
}

/** Kept connections close some seconds after their last use; waits for that, and no longer than half a minute. */
async function whenStill(caller, wanted) {
  let figures;
  for (let look = 0; look < 10; look++) {
    await sleep(3_000);
    const last = figures;
    figures = await figuresOf(caller);
    const isStill = wanted
      ? figures.files <= wanted.files && figures.handles <= wanted.handles
      : figures.files === last?.files && figures.handles === last?.handles;
    if (isStill) break;
  }
  return figures;
}

function shown({ heapMb, files, handles }) {
  return `heap ${heapMb.toFixed(1)} MB, ${files} open files, ${handles} handles`;
}
