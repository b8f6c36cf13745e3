import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunningConsul, startConsul } from "@vastify/backends";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { send } from "./support/http-client.js";
import { type ServiceProcess, useServices } from "./support/service-process.js";
import { hasMongo, newDatabaseUri } from "./support/test-database.js";

const key = "settings/account-server";

describe.skipIf(!hasMongo)("the page size of account-server, a live setting", () => {
  let consul: RunningConsul;
  const database = hasMongo ? newDatabaseUri() : "";
  const services = useServices(afterEach, () => ({
    ...{ CONSUL_HTTP_ADDR: consul.httpAddr, MONGODB_URI: database, DRAIN_NOTICE_MS: "100" },
  }));

  beforeAll(async () => {
    consul = await startConsul();
  });
  afterEach(() => removeSetting(consul));
  afterAll(() => consul?.stop());

  it("changes with Consul's KV, refuses what is wrong, and goes back to its default", async () => {
    const account = await startBoth(services);
    expect(await pageOf(account)).toBe(3);
    await write(consul, '{"pageSize":1}');
    await eventually(async () => expect(await pageOf(account)).toBe(1));
    await write(consul, '{"pageSize":0}');
    await eventually(() =>
      expect(account.output()).toMatch(/settings account-server of index \d+ are refused.*pageSize/),
    );
    expect(await pageOf(account)).toBe(1);
    await write(consul, '{"pageSize":2}');
    await eventually(async () => expect(await pageOf(account)).toBe(2));
    await removeSetting(consul);
    await eventually(async () => expect(await pageOf(account)).toBe(3));
    const changes = account
      .output()
      .split("\n")
      .filter((line) => line.includes("settings account-server changed: pageSize"));
    expect(changes.map((line) => (JSON.parse(line) as { level: string }).level)).toEqual(["info", "info", "info"]);
  });

  it("stays while config-server is away, and follows the next one", async () => {
    const first = await services.start("config-server");
    const account = await services.start("account-server");
    await write(consul, '{"pageSize":1}');
    await eventually(async () => expect(await pageOf(account)).toBe(1));
    await first.kill();
    await write(consul, '{"pageSize":2}');
    expect(await pageOf(account)).toBe(1);
    await services.start("config-server");
    await eventually(async () => expect(await pageOf(account)).toBe(2));
  });

  it("stays where a document that can't be read meets a config-server that knows no better one", async () => {
    const first = await services.start("config-server");
    const account = await services.start("account-server");
    await write(consul, '{"pageSize":1}');
    await eventually(async () => expect(await pageOf(account)).toBe(1));
    await first.kill();
    await write(consul, '{"pageSize":1,}');
    await services.start("config-server");
    await eventually(() => expect(account.output()).toContain("what is written for account-server is not JSON"));
    expect(await pageOf(account)).toBe(1);
    await write(consul, '{"pageSize":2}');
    await eventually(async () => expect(await pageOf(account)).toBe(2));
  });

  it("is handed over by a config-server that leaves, without holding its leaving up", async () => {
    const first = await services.start("config-server", { DRAIN_GRACE_MS: "600000" });
    const account = await services.start("account-server");
    await services.start("config-server");
    expect(await first.stop()).toBe(0);
    await write(consul, '{"pageSize":1}');
    await eventually(async () => expect(await pageOf(account)).toBe(1));
  });

  it("outlives a Consul that restarts, and is followed again", async () => {
    const account = await startBoth(services);
    await write(consul, '{"pageSize":1}');
    await eventually(async () => expect(await pageOf(account)).toBe(1));
    await consul.restart();
    expect(await pageOf(account)).toBe(1);
    // A restart of a Consul in development mode loses its KV.
    await write(consul, '{"pageSize":2}');
    await eventually(async () => expect(await pageOf(account)).toBe(2));
  });

  it("is known to a start without config-server from its file", async () => {
    const folder = mkdtempSync(join(tmpdir(), "vastify-live-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const kept = { SETTINGS_SNAPSHOT: join(folder, "settings.json") };
    const config = await services.start("config-server");
    const first = await services.start("account-server", kept);
    await write(consul, '{"pageSize":1}');
    await eventually(async () => expect(await pageOf(first)).toBe(1));
    await first.stop();
    await config.stop();
    expect(await pageOf(await services.start("account-server", kept))).toBe(1);
  });
});

async function startBoth(services: ReturnType<typeof useServices>): Promise<ServiceProcess> {
  await services.start("config-server");
  return services.start("account-server");
}

/** How many of the three demo users a page has. */
async function pageOf(account: ServiceProcess): Promise<number> {
  const { body } = await send(`${account.url}/user`, "GET");
  return (body as unknown[]).length;
}

async function write({ httpAddr }: RunningConsul, text: string): Promise<void> {
  const response = await fetch(`http://${httpAddr}/v1/kv/${key}`, { method: "PUT", body: text });
  expect(await response.json()).toBe(true);
}

async function removeSetting({ httpAddr }: RunningConsul): Promise<void> {
  await fetch(`http://${httpAddr}/v1/kv/${key}`, { method: "DELETE" });
}

/** The deadline is only for the case that it never comes. */
async function eventually(expectation: () => void | Promise<void>): Promise<void> {
  await vi.waitFor(expectation, { timeout: 30_000, interval: 50 });
}
