import { readProofArgs } from "./system/proof-args.mjs";
import { whenPassing } from "./system/registered.mjs";
import { withSystem } from "./system/system.mjs";
import { startWorkUnderLoad } from "./system/work-under-load.mjs";

export const summary =
  "Consul stopped under load, then frozen, an instance killed meanwhile: nothing else fails [--seconds N] [--rate N] [--quick]";

const choices = { defaults: { seconds: 60, settle: 15, rate: 150 }, quick: { seconds: 12, settle: 3 } };
const delayMs = 50;

/** @param {string[]} args */
export async function run(args) {
  const { seconds, settle, rate } = readProofArgs(args, choices);
  return withSystem({ keepsState: true }, async (system) => {
    const { consul, api } = system;
    const work = await startWorkUnderLoad(system, { rate, delayMs });
    await work.runFor(3);

    console.log(`Consul is stopped for ${seconds} s; half-way one of the instances is killed`);
    await consul.stop();
    await work.runFor(seconds / 2);
    await work.killOldest();
    await work.runFor(seconds / 2);

    console.log("Consul is started again, knowing what it knew; a new instance is started too");
    await consul.restart();
    const returnedAt = performance.now();
    const another = await work.startAnother();
    await whenPassing(api, "work", work.alive);
    const passingAfterSeconds = Number(((performance.now() - returnedAt) / 1_000).toFixed(1));
    console.log(`Consul shows exactly the living as passing ${passingAfterSeconds} s after its return`);
    await work.runFor(settle);

    const frozenSeconds = seconds / 3;
    console.log(`Consul is frozen for ${frozenSeconds} s: it takes connections and requests, and answers none`);
    process.kill(consul.pid, "SIGSTOP");
    await work.runFor(frozenSeconds);
    process.kill(consul.pid, "SIGCONT");
    await work.runFor(settle);
    const { ok, answeredBy, ...figures } = await work.finish();
    const newOneAnswered = answeredBy[another.instance] ?? 0;
    console.log(`the new instance answered ${newOneAnswered} requests`);
    return {
      ok: ok && newOneAnswered > 0,
      outageSeconds: seconds,
      frozenSeconds,
      ...figures,
      passingAfterSeconds,
      newOneAnswered,
    };
  });
}
