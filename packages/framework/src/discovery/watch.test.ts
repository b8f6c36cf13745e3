import { describe, expect, it } from "vitest";
import { silentLogger } from "../core/index.js";
import { connectConsul, RequestContext } from "./consul-client.js";
import { type WatchOptions, watch } from "./watch.js";

interface Scripted {
  index?: string;
  body?: unknown;
  fails?: boolean;
  /** Refused by Consul with this status. */
  refused?: number;
}

/** Gives the watch one answer after the other, without waiting, and ends it after the last. */
async function follow(answers: readonly Scripted[], more: Partial<WatchOptions<unknown>> = {}) {
  const control = new AbortController();
  const consul = connectConsul();
  const seen: unknown[] = [];
  const warnings: string[] = [];
  const asked: Record<string, unknown>[] = [];
  const pauses: number[] = [];
  let failures = 0;
  let resets = 0;
  await watch<unknown>({
    consul,
    what: "the list",
    async query(options) {
      const answer = answers[asked.length];
      asked.push(options);
      if (asked.length === answers.length) control.abort();
      if (!answer || answer.fails) throw new Error("connect ECONNREFUSED");
      if (answer.refused) throw Object.assign(new Error("not for you"), { statusCode: answer.refused });
      const headers = answer.index === undefined ? {} : { "x-consul-index": answer.index };
      return [{ statusCode: 200, headers, body: answer.body }];
    },
    read: ({ body }) => {
      if (body === "nonsense") throw new Error("it is nonsense");
      return body;
    },
    signal: control.signal,
    log: { ...silentLogger, warn: (message) => warnings.push(message) },
    waitSeconds: 12,
    onValue: (value) => seen.push(value),
    onFailure: () => {
      failures += 1;
    },
    onReset: () => {
      resets += 1;
    },
    pace: () => 0,
    pause: async (ms) => {
      pauses.push(ms);
    },
    ...more,
  });
  return { consul, seen, warnings, failures, resets, pauses, asked, indexes: asked.map((one) => one.index) };
}

/** What is said of the first query, when it fails. */
async function followOnce(more: Partial<WatchOptions<unknown>>) {
  const control = new AbortController();
  const { warnings } = await follow([], { ...more, signal: control.signal, pause: async () => control.abort() });
  return warnings[0];
}

describe("a watch", () => {
  it("asks for what is newer than it knows, and tells of it", async () => {
    const { seen, indexes } = await follow([
      { index: "7", body: "a" },
      { index: "7", body: "a" },
      { index: "9", body: "b" },
      { index: "9" },
    ]);
    expect(seen).toEqual(["a", "b"]);
    expect(indexes).toEqual(["0", "7", "7", "9"]);
  });

  it("starts from nothing when the index ran backwards", async () => {
    const { seen, indexes, resets } = await follow([
      { index: "7", body: "a" },
      { index: "3", body: "b" },
      { index: "3", body: "b" },
      { index: "3" },
    ]);
    expect(indexes).toEqual(["0", "7", "0", "3"]);
    expect(seen).toEqual(["a", "b", "b"]);
    expect(resets).toBe(1);
  });

  it("never waits at 0, which Consul would answer at once for ever", async () => {
    const { indexes } = await follow([{ index: "0", body: "a" }, { index: "0" }]);
    expect(indexes).toEqual(["0", "1"]);
  });

  it.each([
    ["no index", { body: "a" }],
    ["an index that is not a number", { index: "soon", body: "a" }],
    ["a body that is nonsense", { index: "8", body: "nonsense" }],
    ["no answer at all", { fails: true }],
  ])("keeps what is known at %s, says so once and asks anew", async (_what, bad) => {
    const { seen, warnings, failures, indexes } = await follow([{ index: "7", body: "a" }, bad, bad, { index: "7" }]);
    expect(seen).toEqual(["a"]);
    expect(failures).toBe(2);
    expect(warnings).toEqual([expect.stringMatching(/the list.*what was known stays in use/)]);
    expect(indexes).toEqual(["0", "7", "0", "0"]);
  });

  it("says again that Consul is away when it was back in between", async () => {
    const down = { fails: true };
    const { warnings } = await follow([down, down, { index: "7", body: "a" }, down, { index: "7" }]);
    expect(warnings).toHaveLength(2);
  });

  it.each([301, 400, 403, 404, 429])("takes a refusal with %i for its own trouble, said once", async (refused) => {
    const consul = connectConsul();
    let returns = 0;
    consul.contact.onReturn(() => {
      returns += 1;
    });
    const { seen, warnings, failures } = await follow(
      [{ index: "7", body: "a" }, { refused }, { refused }, { index: "8", body: "b" }, { index: "8" }],
      { consul },
    );
    expect([seen, failures]).toEqual([["a", "b"], 2]);
    expect([consul.contact.reachable, returns]).toEqual([true, 0]);
    expect(warnings).toEqual([expect.stringMatching(/refused the list.*what was known stays in use/)]);
  });

  it("takes an answer with 500 for no answer", async () => {
    const { consul } = await follow([{ index: "7", body: "a" }, { refused: 500 }, { refused: 500 }]);
    expect(consul.contact.reachable).toBe(false);
  });

  it("names Consul's limit of connections when it is cut off while many queries are open", async () => {
    const consul = connectConsul();
    const more = { consul, query: () => Promise.reject(new Error("socket hang up")) };
    const few = await followOnce(more);
    expect(few).not.toMatch(/http_max_conns_per_client/);
    for (let number = 0; number < 99; number++)
      consul.openQueries.add(new RequestContext(new AbortController().signal));
    consul.contact.answered(silentLogger);
    expect(await followOnce(more)).toMatch(/http_max_conns_per_client.*100 queries/);
    expect(consul.openQueries.size).toBe(99);
  });

  it("waits longer from failure to failure, with jitter, up to 5 seconds", async () => {
    const { pauses } = await follow(Array.from({ length: 200 }, () => ({ fails: true })));
    expect(new Set(pauses).size).toBeGreaterThan(100);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(5_100);
    expect(pauses[0]).toBeLessThanOrEqual(350);
  });

  it("never asks Consul to wait longer than it does", async () => {
    const { asked } = await follow([{ index: "7" }], { waitSeconds: 100_000 });
    expect(asked[0]?.wait).toBe("600s");
  });

  it.each(["stale", "consistent"] as const)("asks for %s answers when told to", async (consistency) => {
    const { asked } = await follow([{ index: "7" }], { consul: connectConsul({ consistency }) });
    expect(asked[0]).toHaveProperty(consistency, true);
  });
});
