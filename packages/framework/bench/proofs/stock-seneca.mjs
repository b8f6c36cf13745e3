import { isDeepStrictEqual, parseArgs } from "node:util";
import { createChildren } from "../support/children.mjs";

export const summary =
  "a plain Seneca client and server against ours, in real processes and both directions [--calls N]";

const flavours = { default: {}, newer: { legacy: { transport: false } } };
const atOnce = 16;
const samples = [0, "", "Zoë 甲 🦊\n\u2028", true, [1, [2]], { a: { b: null } }, "x".repeat(100_000)];

/** @param {string[]} args */
export async function run(args) {
  const { values } = parseArgs({ args, options: { calls: { type: "string" } } });
  const calls = Number(values.calls ?? 2_000);
  const directions = {};
  for (const [flavour, options] of Object.entries(flavours)) {
    const children = createChildren();
    try {
      const plain = (kind) =>
        children.start(new URL("interop/plain-child.mjs", import.meta.url), { args: [JSON.stringify(options), kind] });
      const ours = children.start(new URL("interop/ours-child.mjs", import.meta.url));
      const client = plain("client");
      await client.ask("connect", await ours.ask("start"));
      directions[`${flavour}: plain calls ours`] = await callAll(client, calls);
      await ours.ask("know", await plain("server").ask("listen"));
      directions[`${flavour}: ours calls plain`] = await callAll(ours, calls);
    } finally {
      await children.stopAll();
    }
  }
  for (const [name, figures] of Object.entries(directions)) console.log(`${name}: ${JSON.stringify(figures)}`);
  const sum = (key) => Object.values(directions).reduce((total, figures) => total + figures[key], 0);
  const failed = sum("failed");
  return { ok: failed === 0, made: sum("made"), failed, directions };
}

/** Every tenth call is one that must fail; any other must give back what was sent. */
async function callAll(caller, calls) {
  let made = 0;
  let failed = 0;
  const startedAt = performance.now();
  async function keepCalling() {
    while (made < calls) {
      const n = made++;
      const data = { n, sample: samples[n % samples.length] };
      const wantsFailure = n % 10 === 9;
      const answer = await caller.ask("call", { cmd: wantsFailure ? "fail" : "echo", data });
      if (!isDeepStrictEqual(answer, wantsFailure ? { failed: true } : { result: { data } })) failed++;
    }
  }
  await Promise.all(Array.from({ length: atOnce }, keepCalling));
  return { made, failed, perSecond: Math.round(made / ((performance.now() - startedAt) / 1000)) };
}
