import { setTimeout as sleep } from "node:timers/promises";
import { until } from "../support/until.mjs";
import { wallClock } from "../support/wall-clock.mjs";
import { readProofArgs } from "./system/proof-args.mjs";
import { withSystem } from "./system/system.mjs";
import { countBy } from "./system/tally.mjs";

export const summary =
  "weights of versions in Consul KV: 10 ± 2 %, live within 1 s, sticky, and rolled back by themselves [--calls N] [--quick]";

const choices = {
  defaults: { calls: 10_000, switches: 10, users: 500, calm: 10 },
  quick: { calls: 2_000, switches: 2, users: 100, calm: 3 },
};
const key = "vastify/routes/work";
const message = { $$target: "work", role: "work", cmd: "read" };
const tenPercent = { weights: { "1.0.0": 90, "1.1.0": 10 } };
const rollback = { canary: "1.1.0", errorRateFactor: 2, p95Factor: 2, minCalls: 50 };

/** @param {string[]} args */
export async function run(args) {
  const { calls, switches, users, calm } = readProofArgs(args, choices);
  return withSystem({}, async (system) => {
    await Promise.all([1, 2].map(() => system.startService({ delayMs: 5 })));
    const canary = await system.startService({ delayMs: 5, options: { version: "1.1.0" } });
    const caller = await system.startCaller();
    const stage = { api: system.api, caller, canary };

    const percent = await shareOfCanary(stage, calls);
    console.log(`${percent} % of ${calls} calls go to 1.1.0, which has 10 of 100`);
    const liveAfterMs = await timeOfSwitches(stage, switches);
    console.log(`changes of weights are live after ${liveAfterMs.join(", ")} ms`);
    const sticky = await stickiness(stage, users);
    console.log(
      `${sticky.users} users, half of the weight each: ${sticky.onCanary} always on 1.1.0, ${sticky.torn} torn`,
    );
    const healthy = await staysWhenHealthy(stage, calm);
    console.log(`a healthy canary ${healthy ? "stays" : "WAS ROLLED BACK"} over ${calm} s`);
    const failing = await rolledBack(stage, { failShare: 0.5 });
    console.log(`a canary that fails half of its calls: ${told(failing)}`);
    const slow = await rolledBack(stage, { delayMs: 50 });
    console.log(`a canary that takes 50 ms instead of 5: ${told(slow)}`);
    return {
      ok:
        percent >= 8 &&
        percent <= 12 &&
        Math.max(...liveAfterMs) < 1_000 &&
        sticky.torn === 0 &&
        sticky.onCanary > 0 &&
        sticky.onCanary < users &&
        healthy &&
        failing.ok &&
        slow.ok,
      percent,
      liveAfterMs,
      sticky,
      healthyStays: healthy,
      failing,
      slow,
    };
  });
}

/** Sets weights, and waits until the caller goes by them. */
async function setRoutes({ api, caller }, document, isLive) {
  await api.setKey(key, document);
  await until(
    async () => {
      const outcomes = await caller.ask("callMany", { messages: Array(100).fill(message) });
      return isLive(countBy(outcomes, "version"));
    },
    `calls go by ${JSON.stringify(document)}`,
  );
}

const bothAnswer = (versions) => versions["1.0.0"] > 0 && versions["1.1.0"] > 0;

async function shareOfCanary(stage, calls) {
  await setRoutes(stage, tenPercent, bothAnswer);
  const outcomes = await stage.caller.ask("callMany", { messages: Array(calls).fill(message) });
  return Number(((100 * (countBy(outcomes, "version")["1.1.0"] ?? 0)) / calls).toFixed(2));
}

/** How long after Consul was told a call was last sent the old way, under a steady load. */
async function timeOfSwitches({ api, caller }, switches) {
  const times = [];
  await setRoutes({ api, caller }, { weights: { "1.0.0": 100, "1.1.0": 0 } }, (versions) => !versions["1.1.0"]);
  for (let n = 0; n < switches; n++) {
    const [to, from] = n % 2 ? ["1.0.0", "1.1.0"] : ["1.1.0", "1.0.0"];
    await caller.ask("begin", { perSecond: 1_000, message });
    await sleep(300);
    const toldAt = wallClock();
    await api.setKey(key, { weights: { [to]: 100, [from]: 0 } });
    await sleep(1_500);
    const outcomes = await caller.ask("end");
    const old = outcomes.filter(({ version }) => version === from).map(({ sentAt }) => sentAt);
    if (!old.some((sentAt) => sentAt < toldAt)) throw new Error(`no call went to ${from} before the switch`);
    times.push(Number((Math.max(toldAt, ...old) - toldAt).toFixed(1)));
  }
  return times;
}

async function stickiness(stage, users) {
  await setRoutes(stage, { weights: { "1.0.0": 50, "1.1.0": 50 }, sticky: { field: "user" } }, () => true);
  // The weights of before had all on one version: once both answer different users, the new ones are live.
  const userOf = (n) => `user-${n % users}`;
  const messages = Array.from({ length: users * 10 }, (_, n) => ({ ...message, user: userOf(n) }));
  await until(async () => {
    const outcomes = await stage.caller.ask("callMany", { messages: messages.slice(0, users) });
    return bothAnswer(countBy(outcomes, "version"));
  }, "the sticky weights are live");
  const outcomes = await stage.caller.ask("callMany", { messages });
  const versionsOf = new Map();
  for (const [n, { version, error }] of outcomes.entries()) {
    versionsOf.set(userOf(n), (versionsOf.get(userOf(n)) ?? new Set()).add(version ?? error));
  }
  const seen = [...versionsOf.values()];
  return {
    users,
    onCanary: seen.filter((versions) => versions.size === 1 && versions.has("1.1.0")).length,
    torn: seen.filter((versions) => versions.size > 1).length,
  };
}

async function staysWhenHealthy(stage, seconds) {
  await setRoutes(stage, { ...tenPercent, rollback }, bothAnswer);
  await stage.caller.ask("begin", { perSecond: 200, message });
  await sleep(seconds * 1_000);
  await stage.caller.ask("end");
  return (await stage.api.key(key)).rolledBack === undefined;
}

/** Makes the canary misbehave, and waits until Consul KV says that it is rolled back and no call goes there any more. */
async function rolledBack(stage, behaviour) {
  const { api, caller, canary } = stage;
  await setRoutes(stage, { ...tenPercent, rollback }, bothAnswer);
  await canary.ask("behave", behaviour);
  const startedAt = performance.now();
  await caller.ask("begin", { perSecond: 200, message });
  const document = await until(
    async () => {
      const now = await api.key(key);
      return now.rolledBack !== undefined && now;
    },
    "the roll-back is written into Consul KV",
    { deadlineMs: 60_000 },
  ).catch(() => undefined);
  const afterSeconds = Number(((performance.now() - startedAt) / 1_000).toFixed(1));
  await sleep(500);
  const outcomes = await caller.ask("end");
  await canary.ask("behave", { delayMs: 5, failShare: 0 });
  const later = await caller.ask("callMany", { messages: Array(1_000).fill(message) });
  const callsAfter = countBy(later, "version")["1.1.0"] ?? 0;
  const onCanary = outcomes.filter(({ version, error }) => version === "1.1.0" || error).length;
  const ok = document?.weights["1.1.0"] === 0 && callsAfter === 0;
  return { ok, afterSeconds, callsOnCanary: onCanary, callsAfter, rolledBack: document?.rolledBack };
}

function told({ ok, afterSeconds, callsOnCanary, callsAfter }) {
  if (!ok) return `NOT rolled back; ${callsAfter} of 1,000 calls still go there`;
  return `rolled back after ${afterSeconds} s and ${callsOnCanary} calls; none goes there any more`;
}
