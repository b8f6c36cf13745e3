import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { startRedis } from "@vastify/backends";
import { createChildren } from "../support/children.mjs";

export const summary = "Redis killed, frozen and brought back under load: no request fails [--seconds N]";

const atOnce = 16;

/** @param {string[]} args */
export async function run(args) {
  const { values } = parseArgs({ args, options: { seconds: { type: "string" } } });
  const phaseMs = (Number(values.seconds ?? 20) * 1_000) / 5;
  const redis = await startRedis();
  const children = createChildren();
  try {
    const service = children.start(new URL("cache/service-child.mjs", import.meta.url), { args: [redis.url] });
    const url = await service.ask("start");
    const load = loadOn(url);
    const isCached = async () => {
      const [askedBefore, loadsBefore] = [load.requests, await service.ask("loads")];
      await delay(phaseMs);
      const [asked, loads] = [load.requests - askedBefore, (await service.ask("loads")) - loadsBefore];
      console.log(`  ${asked} requests, ${loads} loads`);
      return loads < asked / 4;
    };
    const outages = { kill: [redis.kill, redis.start], hang: [redis.freeze, redis.thaw] };
    let cachedAgain = await isCached();
    for (const [name, [begin, end]] of Object.entries(outages)) {
      console.log(`${name}:`);
      await begin();
      if (await isCached()) console.log("  Redis is still used");
      await end();
      console.log("and back:");
      let isBack = false;
      for (let tries = 0; tries < 10 && !isBack; tries++) isBack = await isCached();
      cachedAgain &&= isBack;
    }
    const { requests, failures, unready } = await load.end();
    const said = await service.ask("said");
    for (const line of [...new Set(failures)].slice(0, 5)) console.log(`failed: ${line}`);
    for (const line of said) console.log(`said: ${line}`);
    const ok = requests > 0 && failures.length === 0 && unready === 0 && cachedAgain && said.length === 4;
    return { ok, requests, failed: failures.length, unready, cachedAgain, said: said.length };
  } finally {
    redis.thaw();
    await children.stopAll();
    await redis.stop();
  }
}

/** Keeps asking for things, and for the health, until it is told to end. */
function loadOn(url) {
  let isOver = false;
  let requests = 0;
  let unready = 0;
  const failures = [];
  async function keepAsking() {
    while (!isOver) {
      const id = requests++ % 20;
      const outcome = await get(`${url}/thing/${id}`);
      if (outcome.status !== 200 || outcome.body?.id !== String(id)) failures.push(JSON.stringify(outcome));
    }
  }
  async function keepLooking() {
    while (!isOver) {
      if ((await get(`${url}/health`)).status !== 200) unready++;
      await delay(50);
    }
  }
  const all = Promise.all([...Array.from({ length: atOnce }, keepAsking), keepLooking()]);
  return {
    get requests() {
      return requests;
    },
    async end() {
      isOver = true;
      await all;
      return { requests, failures, unready };
    },
  };
}

async function get(url) {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
    return { status: response.status, body: await response.json() };
  } catch (error) {
    return { status: 0, error: String(error.cause ?? error) };
  }
}
