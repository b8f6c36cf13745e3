// One in-process contestant: node local-child.mjs FILE OPTIONS
import { deepStrictEqual } from "node:assert";
import { setTimeout as delay } from "node:timers/promises";
import { answerParent } from "../support/child.mjs";
import { oneAtATime, saturated } from "./load.mjs";
import { payloads } from "./payloads.mjs";

const [file, options] = process.argv.slice(2);
const { create } = await import(`./local/${file}`);
const data = payloads["100B"];
const modes = { oneAtATime, saturated };
let contestant;

answerParent({
  async start() {
    contestant = await create(JSON.parse(options));
  },
  async measure({ call: name, mode, pending = 0, seconds, warmUpSeconds }) {
    const call = contestant.calls[name];
    deepStrictEqual(await call(data), data);
    const release = pending > 0 ? contestant.hold(pending) : undefined;
    await modes[mode](call, data, warmUpSeconds);
    const result = await modes[mode](call, data, seconds);
    await release?.();
    return result;
  },
  /** How much the process grew, in MB, once the young generation has reached its size. */
  async growth({ seconds, warmUpSeconds }) {
    await saturated(contestant.calls.echo, data, warmUpSeconds);
    const before = await settledRss();
    const { perSecond } = await saturated(contestant.calls.echo, data, seconds);
    return { value: (await settledRss()) - before, perSecond };
  },
});

async function settledRss() {
  for (let i = 0; i < 3; i++) {
    globalThis.gc();
    await delay(100);
  }
  return process.memoryUsage.rss() / 1e6;
}
