import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { silentLogger } from "../../core/index.js";
import { type Agent, createAgent } from "./agent.js";
import { type Catalog, createCatalog } from "./catalog.js";
import { decodeService } from "./decode-service.js";
import { createWriteLog } from "./write-log.js";

const minuteMs = 60_000;
let nowMs: number;
let catalog: Catalog;
let agent: Agent;

beforeEach(() => {
  nowMs = 0;
  const now = () => nowMs;
  catalog = createCatalog(createWriteLog(), now);
  agent = createAgent({ catalog, log: silentLogger, now, random: () => 0, deregisterFloorMs: minuteMs });
});
afterEach(() => agent.stop());

function register(check: Record<string, unknown>) {
  const body = { Name: "account", ID: "account@1", Check: { TTL: "1h", ...check } };
  agent.register(decodeService(Buffer.from(JSON.stringify(body))), { isReplacingChecks: false });
}
const reapAt = (ms: number) => {
  nowMs = ms;
  agent.reap();
  return catalog.service("account@1") !== undefined;
};

describe("a service whose check stays critical", () => {
  test("is deregistered with its checks when the time it allows has passed", () => {
    register({ DeregisterCriticalServiceAfter: "2m" });
    agent.updateTtl("service:account@1", "critical", "");
    expect(reapAt(2 * minuteMs)).toBe(true);
    expect(reapAt(2 * minuteMs + 1)).toBe(false);
    expect(catalog.checks()).toEqual([]);
  });

  test("is kept for a minute at least", () => {
    register({ DeregisterCriticalServiceAfter: "10s" });
    agent.updateTtl("service:account@1", "critical", "");
    expect(reapAt(minuteMs)).toBe(true);
    expect(reapAt(minuteMs + 1)).toBe(false);
  });

  test("is kept when its check does not ask for that", () => {
    register({});
    agent.updateTtl("service:account@1", "critical", "");
    expect(reapAt(1000 * minuteMs)).toBe(true);
  });

  test("starts anew when it was passing in between", () => {
    register({ DeregisterCriticalServiceAfter: "1m" });
    agent.updateTtl("service:account@1", "critical", "");
    nowMs = minuteMs;
    agent.updateTtl("service:account@1", "passing", "");
    agent.updateTtl("service:account@1", "critical", "");
    expect(reapAt(minuteMs + 1)).toBe(true);
  });

  test("is kept until the check has run, whatever status it was registered with", () => {
    register({ DeregisterCriticalServiceAfter: "1m", Status: "critical" });
    expect(reapAt(10 * minuteMs)).toBe(true);
  });
});

test("an id that moves to another name leaves the old name", () => {
  register({});
  const before = catalog.indexes.of("account");
  agent.register(decodeService(Buffer.from('{"Name":"user","ID":"account@1"}')), { isReplacingChecks: false });
  expect(catalog.indexes.of("account")).toBeGreaterThan(before);
  expect(catalog.services().map((service) => service.name)).toEqual(["user"]);
});

test("registering the same again is no change", () => {
  register({});
  const before = catalog.indexes.of("account");
  register({});
  expect(catalog.indexes.of("account")).toBe(before);
});
