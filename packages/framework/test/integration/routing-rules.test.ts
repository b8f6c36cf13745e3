import { describe, expect, it, onTestFinished } from "vitest";
import type { Service, ServiceOptions } from "../support/framework.js";
import { consulAddress, consulApi, startService, uniqueName, until } from "../support/services.js";

/** Writes a document for a target as an operator would, and takes it out after the test. */
async function write(kind: "routes" | "policies" | "chaos", target: string, document: unknown): Promise<void> {
  const key = `vastify/${kind}/${target}`;
  await consulApi().kv.set(key, typeof document === "string" ? document : JSON.stringify(document));
  onTestFinished(async () => {
    await consulApi().kv.del(key);
  });
}

async function readRules(target: string): Promise<Record<string, unknown>> {
  const found = (await consulApi().kv.get(`vastify/routes/${target}`)) as { Value: string };
  return JSON.parse(found.Value);
}

type Handler = (message: Record<string, unknown>, service: Service) => unknown;

/** An instance of a target whose `cmd:do` does what the test says; by default it tells its version and id. */
function startTarget(
  name: string,
  version = "1.0.0",
  handler: Handler = () => ({}),
  more: Partial<ServiceOptions> = {},
) {
  return startService({ name, version, ...more }, (service) =>
    service.add("cmd:do", async (message) => {
      const { version: its, instance } = service;
      return { version: its, instance, ...((await handler(message, service)) as object) };
    }),
  );
}

const startCaller = (options: Partial<ServiceOptions> = {}) => startService({ name: uniqueName("caller"), ...options });

type Answer = { version: string; instance: string; fallback?: boolean };
const call = (caller: Service, $$target: string, more: object = {}, options = {}) =>
  caller.act({ $$target, cmd: "do", ...more }, options) as Promise<Answer>;

async function versions(caller: Service, target: string, times: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { version } of await Promise.all(Array.from({ length: times }, () => call(caller, target)))) {
    counts[version] = (counts[version] ?? 0) + 1;
  }
  return counts;
}

async function knows(caller: Service, target: string, count: number): Promise<void> {
  await until(async () => (await caller.explain({ $$target: target })).route?.candidates.length === count, "all known");
}

describe.skipIf(!consulAddress)("rules in Consul's KV", () => {
  it("send a canary its share of the calls, and follow a change without a restart", async () => {
    const name = uniqueName("canary");
    for (const version of ["1.0.0", "1.1.0"]) await startTarget(name, version);
    const caller = await startCaller();
    await knows(caller, name, 2);
    expect(await versions(caller, name, 50)).toEqual({ "1.1.0": 50 });

    await write("routes", name, { weights: { "1.0.0": 90, "1.1.0": 10 } });
    await until(async () => (await versions(caller, name, 20))["1.0.0"], "the rule is live");
    const { "1.1.0": canary = 0 } = await versions(caller, name, 2_000);
    expect(canary / 2_000).toBeGreaterThan(0.07);
    expect(canary / 2_000).toBeLessThan(0.13);
  });

  it("let a tester's header name the version", async () => {
    const name = uniqueName("tester");
    for (const version of ["1.0.0", "2.0.0-rc.1"]) await startTarget(name, version);
    await write("routes", name, { override: { header: "x-try" } });
    const caller = await startCaller();
    await knows(caller, name, 2);
    const headers = { "x-try": "2.0.0-rc.1" };
    await until(async () => (await call(caller, name, {}, { headers })).version === "2.0.0-rc.1", "the rule is live");
    expect((await call(caller, name)).version).toBe("1.0.0");
  });

  it("take a canary back that fails more than the others, for everybody", async () => {
    const name = uniqueName("rollback");
    await startTarget(name, "1.0.0");
    await startTarget(name, "1.1.0", () => Promise.reject(new Error("broken")));
    await write("routes", name, {
      weights: { "1.0.0": 50, "1.1.0": 50 },
      rollback: { canary: "1.1.0", minCalls: 20 },
    });
    const [caller, other] = [await startCaller(), await startCaller()];
    for (const one of [caller, other]) await knows(one, name, 2);
    await until(async () => {
      await Promise.allSettled(Array.from({ length: 50 }, () => call(caller, name)));
      return (await readRules(name)).rolledBack;
    }, "the canary is taken back");
    expect(await readRules(name)).toMatchObject({
      weights: { "1.0.0": 50, "1.1.0": 0 },
      rolledBack: { version: "1.1.0", why: expect.stringContaining("its calls fail") },
    });
    const isOnlyOld = async (one: Service) => {
      const { route } = await one.explain({ $$target: name });
      return route?.candidates.every(({ version, eligible }) => eligible === (version === "1.0.0"));
    };
    await until(() => isOnlyOld(other), "the other process follows");
    expect(await isOnlyOld(caller)).toBe(true);
  });

  it("stay as they were when what is written can't be read, and say so", async () => {
    const name = uniqueName("typo");
    for (const version of ["1.0.0", "1.1.0"]) await startTarget(name, version);
    await write("routes", name, { weights: { "1.0.0": 1 } });
    const warnings: string[] = [];
    const log = { debug() {}, info() {}, error() {}, warn: (text: string) => void warnings.push(text) };
    const caller = await startCaller({ log });
    await knows(caller, name, 2);
    await until(async () => (await call(caller, name)).version === "1.0.0", "the rule is live");
    await write("routes", name, { wieghts: { "1.1.0": 1 } });
    await until(async () => {
      await call(caller, name);
      return warnings.some((text) => text.includes(`vastify/routes/${name}`) && text.includes("wieghts"));
    }, "a warning");
    expect((await call(caller, name)).version).toBe("1.0.0");
  });

  it("choose how calls are spread: by a field of the message", async () => {
    const name = uniqueName("hashed");
    for (let i = 0; i < 3; i++) await startTarget(name);
    await write("routes", name, { balance: { hash: "user" } });
    const caller = await startCaller();
    await knows(caller, name, 3);
    const places = async () => {
      const answers = await Promise.all(Array.from({ length: 30 }, (_, user) => call(caller, name, { user })));
      return answers.map(({ instance }) => instance);
    };
    await until(async () => {
      const [once, again] = [await places(), await places()];
      return String(once) === String(again);
    }, "the rule is live");
    expect(new Set(await places()).size).toBe(3);
  });
});

describe.skipIf(!consulAddress)("a message that rules look into", () => {
  it("does no harm by a value that has no text", async () => {
    const name = uniqueName("hostile");
    for (let i = 0; i < 2; i++) await startTarget(name);
    const caller = await startCaller({ routing: { balance: { hash: "user" } } });
    const hostile = { user: { toString: 1 } };
    expect((await call(caller, name, hostile)).version).toBe("1.0.0");
  });

  it("is refused at once when it asks for a version by a text that no version has", async () => {
    const name = uniqueName("long");
    await startTarget(name);
    const caller = await startCaller();
    const $$version = Array.from({ length: 10_000 }, (_, i) => `1.0.${i}`).join("||");
    await expect(caller.act({ $$target: name, $$version, cmd: "do" })).rejects.toMatchObject({
      code: "invalid_argument",
      reason: "bad_version",
    });
  });
});

describe.skipIf(!consulAddress)("policies", () => {
  it("for all targets give each its own bulkhead", async () => {
    const [busy, idle] = [uniqueName("busy"), uniqueName("idle")];
    await startTarget(busy, "1.0.0", () => new Promise(() => {}));
    await startTarget(idle);
    const caller = await startCaller({ policies: { "*": { bulkhead: { maxInFlight: 1 } } } });
    const hanging = call(caller, busy, {}, { timeoutMs: 2_000 }).catch(() => {});
    await expect(call(caller, busy)).rejects.toMatchObject({ reason: "bulkhead_full" });
    expect((await call(caller, idle)).version).toBe("1.0.0");
    await hanging;
  });

  it("may be written for all targets in Consul too, and an asynchronous fallback is waited for", async () => {
    const name = uniqueName("waiting");
    await startTarget(name, "1.0.0", () => Promise.reject(new Error("broken")));
    const caller = await startCaller({ policies: { "*": { fallback: async () => ({ fallback: true }) } } });
    expect(await call(caller, name)).toEqual({ fallback: true });
  });

  it("give a fallback for what fails, and change in Consul without a restart", async () => {
    const name = uniqueName("fallback");
    await startTarget(name, "1.0.0", () => Promise.reject(new Error("broken")));
    const caller = await startCaller({ policies: { [name]: { fallback: () => ({ fallback: true }) } } });
    expect(await call(caller, name)).toEqual({ fallback: true });
    await write("policies", name, { fallback: { value: { fallback: "from Consul" } } });
    await until(async () => String((await call(caller, name)).fallback) === "from Consul", "the policy is live");
  });

  it("don't answer for a caller's own mistake", async () => {
    const name = uniqueName("mistake");
    await startTarget(name);
    const caller = await startCaller({ policies: { [name]: { fallback: { value: 1 } } } });
    await expect(caller.act({ $$target: name, cmd: "unknown" })).rejects.toMatchObject({ reason: "peer_no_pattern" });
  });

  it("bound the calls under way: more wait, and more than that are refused", async () => {
    const name = uniqueName("bulkhead");
    let running = 0;
    let most = 0;
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    await startTarget(name, "1.0.0", async () => {
      running += 1;
      most = Math.max(most, running);
      await gate;
      running -= 1;
      return {};
    });
    const caller = await startCaller({ policies: { [name]: { bulkhead: { maxInFlight: 2, maxWaiting: 1 } } } });
    const calls = Array.from({ length: 4 }, () => call(caller, name));
    await expect(calls[3]).rejects.toMatchObject({ code: "resource_exhausted", reason: "bulkhead_full" });
    release();
    await Promise.all(calls.slice(0, 3));
    expect(most).toBe(2);
    await call(caller, name);
  });

  it("keep count of the calls under way while they are edited", async () => {
    const name = uniqueName("edited");
    await startTarget(name, "1.0.0", () => new Promise(() => {}));
    const caller = await startCaller({ policies: { [name]: { bulkhead: { maxInFlight: 1 } } } });
    const hanging = call(caller, name).catch(() => {});
    await write("policies", name, { timeoutMs: 5_000, bulkhead: { maxWaiting: 1 } });
    const second = () => call(caller, name, {}, { timeoutMs: 100 }).catch((error: unknown) => error);
    await until(async () => ((await second()) as { reason?: string }).reason === "deadline_exceeded", "one may wait");
    const waiting = call(caller, name).catch(() => {});
    await expect(call(caller, name)).rejects.toMatchObject({ reason: "bulkhead_full" });
    await Promise.all([hanging, waiting]);
  });

  it("ask a second instance when the first is slow, only for what may run twice", async () => {
    const name = uniqueName("hedge");
    const seen: unknown[] = [];
    const hang: Handler = () => new Promise(() => {});
    const slow = await startTarget(name, "1.0.0", (message) => {
      seen.push(message.n);
      return hang(message, slow);
    });
    const quick = await startTarget(name);
    const caller = await startCaller({
      policies: { [name]: { hedge: { afterMs: 30 }, retryBudget: { minRetries: 100 } } },
    });
    await knows(caller, name, 2);
    const read = (n: number) => call(caller, name, { n }, { idempotent: true, timeoutMs: 3_000 });
    for (let n = 0; seen.length === 0; n++) expect((await read(n)).instance).toBe(quick.instance);
  });

  it("open a circuit for an instance that fails, and let one call find out whether it is well again", async () => {
    const name = uniqueName("circuit");
    let broken = true;
    let asked = 0;
    await startTarget(name, "1.0.0", () => {
      asked += 1;
      if (broken) throw new Error("broken");
      return {};
    });
    const caller = await startCaller({ policies: { [name]: { circuit: { failures: 3, openMs: 300 } } } });
    for (let i = 0; i < 3; i++) await expect(call(caller, name)).rejects.toMatchObject({ code: "internal" });
    await expect(call(caller, name)).rejects.toMatchObject({ code: "unavailable", reason: "circuit_open" });
    expect(asked).toBe(3);
    broken = false;
    await until(() => call(caller, name), "the circuit closes");
    await Promise.all(Array.from({ length: 10 }, () => call(caller, name)));
  });

  it("bound retries in an outage to a fifth of the calls", async () => {
    const name = uniqueName("outage");
    const { VastifyError } = await import("../../src/core/index.js");
    let asked = 0;
    await startTarget(name, "1.0.0", () => {
      asked += 1;
      throw new VastifyError("unavailable", "overloaded");
    });
    const caller = await startCaller();
    const calls = 500;
    const reads = Array.from({ length: calls }, () => call(caller, name, {}, { idempotent: true }));
    await Promise.allSettled(reads);
    expect(asked).toBeGreaterThan(calls);
    expect(asked).toBeLessThanOrEqual(calls * 1.2);
  });

  it("with a field that is wrong are refused by its name", async () => {
    await expect(startCaller({ policies: { a: { retry: { attempts: 0 } } } })).rejects.toMatchObject({
      reason: "bad_option",
      message: expect.stringContaining("policies.a.retry.attempts"),
    });
  });
});

describe.skipIf(!consulAddress)("an action that could not reach a service behind it", () => {
  it("ran, so it is not tried again, and its instance is not to blame", async () => {
    const name = uniqueName("front");
    const { VastifyError } = await import("../../src/core/index.js");
    let asked = 0;
    await startTarget(name, "1.0.0", () => {
      asked += 1;
      throw new VastifyError("unavailable", "nothing listens there", { reason: "peer_unreachable" });
    });
    const caller = await startCaller();
    await expect(call(caller, name)).rejects.toMatchObject({
      code: "unavailable",
      reason: "dependency_failed",
      details: { reason: "peer_unreachable" },
    });
    expect(asked).toBe(1);
    const { route } = await caller.explain({ $$target: name });
    expect(route?.candidates).toMatchObject([{ eligible: true, failures: 0 }]);
  });
});

describe.skipIf(!consulAddress)("faults on demand", () => {
  const soon = () => new Date(Date.now() + 600_000).toISOString();

  it("strike the calls they are meant for, where faults are allowed", async () => {
    const name = uniqueName("chaos");
    await startTarget(name);
    await write("chaos", name, { until: soon(), faults: [{ pattern: "n:1", error: { code: "unavailable" } }] });
    const [staging, production] = [await startCaller({ chaos: true }), await startCaller()];
    await until(() => call(staging, name, { n: 1 }).catch(({ reason }) => reason === "injected"), "the fault is live");
    await call(staging, name, { n: 2 });
    await call(production, name, { n: 1 });
  });

  it("are met by policies like any other failure", async () => {
    const name = uniqueName("met");
    await startTarget(name);
    await write("chaos", name, { until: soon(), faults: [{ error: { code: "unavailable" } }] });
    const policies = { [name]: { fallback: { value: { fallback: true } } } };
    const caller = await startCaller({ chaos: true, policies });
    await until(async () => (await call(caller, name)).fallback, "the fault is live, and the fallback answers");
  });

  it("lose calls, which then run into their deadline", async () => {
    const name = uniqueName("lost");
    await startTarget(name);
    await write("chaos", name, { until: soon(), faults: [{ drop: true }] });
    const caller = await startCaller({ chaos: true });
    await until(
      () => call(caller, name, {}, { timeoutMs: 100 }).catch(({ code }) => code === "deadline_exceeded"),
      "the fault is live",
    );
  });
});

describe.skipIf(!consulAddress)("explain", () => {
  it("tells of a call that stays here which action matches, and what it replaced", async () => {
    const service = await startCaller();
    service.add("cmd:a", (_message, reply) => reply(null, {}));
    service.add("cmd:a", (_message, reply) => reply(null, {}));
    expect(await service.explain({ cmd: "a", more: 1 })).toEqual({
      action: { pattern: "cmd:a", plugin: undefined, priors: ["cmd:a"], way: "direct" },
      route: undefined,
    });
    expect(await service.explain({ cmd: "unknown" })).toEqual({ action: undefined, route: undefined });
  });

  it("tells of a call that leaves who may answer it, who not and why, and the choice", async () => {
    const name = uniqueName("explained");
    const old = await startTarget(name, "1.0.0", undefined, { zone: "a" });
    const young = await startTarget(name, "1.1.0");
    const caller = await startCaller({ zone: "a" });
    await knows(caller, name, 2);
    const { route } = await caller.explain({ $$target: name, $$version: "~1.0" });
    expect(route).toMatchObject({ target: name, version: "~1.0", alive: ["1.1.0", "1.0.0"], choice: old.instance });
    const byId = Object.fromEntries(route?.candidates.map((one) => [one.id, one]) ?? []);
    expect(byId[old.instance]).toMatchObject({ eligible: true, share: 1, zone: "a", why: undefined });
    expect(byId[young.instance]).toMatchObject({ eligible: false, share: 0, why: expect.stringContaining("~1.0") });
  });
});

describe.skipIf(!consulAddress)("instances", () => {
  it("of the caller's own zone are preferred", async () => {
    const name = uniqueName("zoned");
    const near = await startTarget(name, "1.0.0", undefined, { zone: "a" });
    await startTarget(name, "1.0.0", undefined, { zone: "b" });
    const caller = await startCaller({ zone: "a" });
    await knows(caller, name, 2);
    const answers = await Promise.all(Array.from({ length: 20 }, () => call(caller, name)));
    expect(new Set(answers.map(({ instance }) => instance))).toEqual(new Set([near.instance]));
  });

  it("that are slow get fewer calls, also from callers who give up on them", async () => {
    const name = uniqueName("impatient");
    const slow = await startTarget(name, "1.0.0", () => new Promise((resolve) => setTimeout(resolve, 1_000, {})));
    await startTarget(name);
    const caller = await startCaller();
    await knows(caller, name, 2);
    for (let i = 0; i < 30; i++) await call(caller, name, {}, { signal: AbortSignal.timeout(100) }).catch(() => {});
    const { route } = await caller.explain({ $$target: name });
    expect(route?.candidates.find(({ id }) => id === slow.instance)?.tries).toBeLessThan(10);
  });

  it("that are slow get fewer calls", async () => {
    const name = uniqueName("slow");
    const slow = await startTarget(name, "1.0.0", () => new Promise((resolve) => setTimeout(resolve, 100, {})));
    for (let i = 0; i < 3; i++) await startTarget(name);
    const caller = await startCaller();
    await knows(caller, name, 4);
    for (let i = 0; i < 20; i++) await Promise.all(Array.from({ length: 10 }, () => call(caller, name)));
    const { route } = await caller.explain({ $$target: name });
    const tries = route?.candidates.find(({ id }) => id === slow.instance)?.tries;
    expect(tries).toBeLessThan(30);
  });
});
