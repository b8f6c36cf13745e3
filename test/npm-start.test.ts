import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { promisify } from "node:util";
import { startConsul } from "@vastify/backends";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { send } from "./support/http-client.js";
import {
  killProcesses,
  type LauncherProcess,
  leftBehind,
  newSetting,
  type Setting,
  startLauncher,
  waitUntil,
} from "./support/npm-start.js";
import { hasMongo, newDatabaseUri } from "./support/test-database.js";

const shell = promisify(execFile);
const npmStart = ["npm", "start"];
const launcher = [process.execPath, "scripts/start.mjs"];

// Where the global setup got no MongoDB engine, npm start gets none either.
describe.skipIf(!hasMongo)("npm start", { timeout: 120_000 }, () => {
  let setting: Setting;
  const start = (command: readonly string[], env: Readonly<Record<string, string>> = {}): LauncherProcess =>
    startLauncher(command, { ...setting.env, ...env });

  beforeEach(async () => {
    setting = await newSetting();
  });
  afterEach(async () => {
    await killProcesses(setting);
    await setting.remove();
  });

  it("shows where everything is, the lines it offers to try work, and Ctrl+C leaves nothing behind", async () => {
    const run = start(npmStart);
    await run.whenUp();
    for (const name of ["config-server", "account-server", "gateway"]) {
      expect(run.stdout()).toMatch(new RegExp(`^${name} +1\\.0\\.0 +http://127\\.0\\.0\\.1:\\d+ `, "m"));
    }
    const lines = run.stdout().match(/(?<=^ {2})curl .*$/gm) ?? [];
    const answers = await Promise.all(
      lines.map(async (line) => JSON.parse((await shell("sh", ["-c", `${line} --silent --fail`])).stdout)),
    );
    expect(answers).toMatchObject([
      [{ name: "alice" }, { name: "bob" }, { name: "carol" }],
      { code: 1000, user: { name: "alice" } },
      { version: "1.0.0" },
    ]);

    run.signalGroup("SIGINT");
    await run.whenEnded();
    expect(await leftBehind(setting)).toEqual([]);
  });

  it("keeps the data for the next run, and a deleted demo user stays deleted", async () => {
    const first = start(launcher);
    await first.whenUp();
    const [alice] = (await send(`${setting.gateway}/user`)).body;
    await send(`${setting.gateway}/user`, "POST", { body: { name: "dave", password: "a password" } });
    await send(`${setting.gateway}/user/${alice.id}`, "DELETE");
    first.signalGroup("SIGINT");
    expect(await first.whenEnded()).toBe(0);

    const second = start(launcher);
    await second.whenUp();
    const users = (await send(`${setting.gateway}/user`)).body;
    expect(users.map((user: { name: string }) => user.name)).toEqual(["bob", "carol", "dave"]);
    process.kill(second.pid, "SIGTERM");
    expect(await second.whenEnded()).toBe(0);
    expect(await leftBehind(setting)).toEqual([]);
  });

  it("names a port that is taken, who needs it, and the variable that changes it, in one line", async () => {
    const holder = createServer().listen(Number(setting.env.ACCOUNT_SERVER_HTTP_PORT), "127.0.0.1");
    await once(holder, "listening");
    const run = start(launcher);
    expect(await run.whenEnded()).toBe(1);
    holder.close();
    expect(run.stderr().trimEnd().split("\n")).toEqual([
      expect.stringMatching(/^port \d+ is taken, and account-server .*ACCOUNT_SERVER_HTTP_PORT/),
    ]);
    expect(await leftBehind(setting)).toEqual([]);
  });

  it("says of the registry's port that CONSUL_HTTP_ADDR helps too", async () => {
    const holder = createServer().listen(Number(setting.env.REGISTRY_PORT), "127.0.0.1");
    await once(holder, "listening");
    const run = start(launcher);
    expect(await run.whenEnded()).toBe(1);
    holder.close();
    expect(run.stderr()).toMatch(/^port \d+ is taken, and the development registry .*REGISTRY_PORT.*CONSUL_HTTP_ADDR/);
  });

  it("shows why a service did not start, ends the rest, and exits with 1", async () => {
    const run = start(launcher, { CONFIG_SERVER_VERSION: "^1.0.0", SEED_DEMO_USERS: "perhaps" });
    expect(await run.whenEnded()).toBe(1);
    expect(run.stdout()).toContain('SEED_DEMO_USERS must be true or false, got "perhaps"');
    expect(run.stderr()).toContain("account-server did not start");
    expect(await leftBehind(setting)).toEqual([]);
  });

  it("leaves no process and no port behind when it is killed", async () => {
    const run = start(launcher);
    await run.whenUp();
    process.kill(run.pid, "SIGKILL");
    await waitUntil(async () => (await leftBehind(setting)).length === 0, 30_000);
  });

  it("starts no registry and no MongoDB where the environment names them", async () => {
    const consul = await startConsul();
    try {
      const run = start(launcher, { CONSUL_HTTP_ADDR: consul.httpAddr, MONGODB_URI: newDatabaseUri() });
      await run.whenUp();
      expect(run.stdout()).toMatch(new RegExp(`^registry +${consul.httpAddr} +\\(CONSUL_HTTP_ADDR\\)`, "m"));
      expect((await leftBehind(setting)).join("\n")).not.toContain("mongo-engine");
      await expect(fetch(`http://127.0.0.1:${setting.env.REGISTRY_PORT}/`)).rejects.toThrow();
      run.signalGroup("SIGINT");
      expect(await run.whenEnded()).toBe(0);
      const left = await fetch(`http://${consul.httpAddr}/v1/agent/services`);
      expect(await left.json()).toEqual({});
    } finally {
      await consul.stop();
    }
  });

  it("starts a service again that ends while it runs", async () => {
    const run = start(launcher);
    await run.whenUp();
    const health = async () =>
      (await send(`http://127.0.0.1:${setting.env.CONFIG_SERVER_HTTP_PORT}/health`)).body as { instance: string };
    const { instance } = await health();
    await killProcesses(setting, "services/config-server/dist/main.js");
    await waitUntil(async () => (await health().catch(() => ({ instance }))).instance !== instance, 30_000);
    run.signalGroup("SIGINT");
    expect(await run.whenEnded()).toBe(0);
  });
});
