import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Service } from "../support/framework.js";
import { consulAddress, consulApi, startService, uniqueName, until } from "../support/services.js";

const program = resolve(import.meta.dirname, "../../bin/vastify.mjs");

/** The command in a process of its own, as a pipeline runs it; ended after the test. */
function canary(args: readonly string[], { cwd, consul = consulAddress }: { cwd?: string; consul?: string } = {}) {
  const child = spawn(process.execPath, [program, "canary", ...args], {
    cwd,
    env: { ...process.env, CONSUL_HTTP_ADDR: consul },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (printed += text));
  const ended = once(child, "close").then(() => ({ code: child.exitCode, printed }));
  return { ended, printed: () => printed, kill: (signal: NodeJS.Signals) => child.kill(signal) };
}

const run = (...args: string[]) => canary(args).ended;

/** A target of the test's own, whose rules go with the test. */
function newTarget(): string {
  const name = uniqueName("canary");
  onTestFinished(async () => {
    await consulApi().kv.del(`vastify/routes/${name}`);
  });
  return name;
}

type Answer = () => Promise<object>;

const startVersion = (name: string, version: string, answer: Answer = async () => ({})) =>
  startService({ name, version }, (service) => service.add("cmd:do", async () => ({ version, ...(await answer()) })));

/** A service that calls the target again and again until the test is over, and counts who answers. */
async function startCaller(target: string) {
  const caller = await startService({ name: uniqueName("caller") });
  const counts: Record<string, number> = {};
  const over = new AbortController();
  const calling = Promise.all(
    Array.from({ length: 8 }, async () => {
      while (!over.signal.aborted) {
        const version = await caller.act({ $$target: target, cmd: "do" }).then(
          (answer) => (answer as { version: string }).version,
          () => "failed",
        );
        counts[version] = (counts[version] ?? 0) + 1;
        await new Promise((resolve) => setImmediate(resolve));
      }
    }),
  );
  onTestFinished(async () => {
    over.abort();
    await calling;
  });
  return { caller, counts };
}

async function rulesOf(target: string): Promise<Record<string, unknown>> {
  const found = (await consulApi().kv.get(`vastify/routes/${target}`)) as { Value: string } | undefined;
  return JSON.parse(found?.Value ?? "{}");
}

async function versionOf(caller: Service, target: string): Promise<string> {
  return ((await caller.act({ $$target: target, cmd: "do" })) as { version: string }).version;
}

describe.skipIf(!consulAddress)("vastify canary", () => {
  it("keeps calls where they are until it tries the new version, and gives that all calls when it is good", async () => {
    const name = newTarget();
    await startVersion(name, "1.0.0");
    expect(await run("hold", `${name}@1.1.0`)).toEqual({ code: 0, printed: `${name}: calls stay with 1.0.0\n` });
    const { caller, counts } = await startCaller(name);
    await startVersion(name, "1.1.0");
    await until(
      async () => (await caller.explain({ $$target: name })).route?.candidates.length === 2,
      "both are known",
    );
    expect(counts["1.1.0"]).toBeUndefined();
    // Never compared: a busy machine makes one of two that are alike slow.
    const unjudged = ["--seconds", "1", "--min-calls", "1000000"];
    const trial = await run("try", `${name}@1.1.0`, "--weights", "20,50", ...unjudged);
    expect(trial).toEqual({
      code: 0,
      printed: [20, 50]
        .map((share) => `${name}: ${share} % of the calls go to 1.1.0\n`)
        .concat(`${name}: all calls go to 1.1.0\n`)
        .join(""),
    });
    expect(await rulesOf(name)).toEqual({ weights: { "1.1.0": 100 } });
    await until(async () => (await versionOf(caller, name)) === "1.1.0", "the new version answers");
  });

  it("takes a bad version back as soon as its callers see that it is worse, and says why", async () => {
    const name = newTarget();
    await startVersion(name, "1.0.0");
    await run("hold", `${name}@1.1.0`);
    const { caller } = await startCaller(name);
    await startVersion(name, "1.1.0", () => Promise.reject(new Error("broken")));
    const trial = canary(["try", `${name}@1.1.0`, "--seconds", "3600", "--min-calls", "20"]);
    const { code, printed } = await trial.ended;
    expect(printed).toMatch(/1\.1\.0 was taken back: \d.* % of its calls fail/);
    expect(code).toBe(1);
    expect(await rulesOf(name)).toMatchObject({
      weights: { "1.0.0": 90, "1.1.0": 0 },
      rolledBack: { version: "1.1.0", why: expect.stringContaining("fail") },
    });
    expect(await versionOf(caller, name)).toBe("1.0.0");
  });

  it("takes a version back whose instances are gone, and one that it was told to give up", async () => {
    const name = newTarget();
    await startVersion(name, "1.0.0");
    const candidate = await startVersion(name, "1.1.0");
    const first = canary(["try", `${name}@1.1.0`, "--seconds", "3600"]);
    await until(() => first.printed().includes("10 %"), "the first share");
    await candidate.stop();
    expect(await first.ended).toMatchObject({ code: 1, printed: expect.stringContaining("no instance of") });
    await startVersion(name, "1.1.0");
    const second = canary(["try", `${name}@1.1.0`, "--seconds", "3600"]);
    await until(() => second.printed().includes("10 %"), "the first share");
    second.kill("SIGTERM");
    expect(await second.ended).toMatchObject({ code: 1, printed: expect.stringContaining("told to end") });
    expect(await rulesOf(name)).toEqual({ weights: { "1.0.0": 90, "1.1.0": 0 } });
  });

  it("ends when whoever started it is gone, and takes back on demand what a killed one left", async () => {
    const name = newTarget();
    for (const version of ["1.0.0", "1.1.0"]) await startVersion(name, version);
    const command = [process.execPath, program, "canary", "try", `${name}@1.1.0`, "--seconds", "3600"];
    // As npx does, it waits for its child and leaves it behind.
    const env = { ...process.env, CONSUL_HTTP_ADDR: consulAddress };
    const starter = spawn("sh", ["-c", '"$@" & wait', "sh", ...command], { env, stdio: "ignore" });
    onTestFinished(() => void starter.kill("SIGKILL"));
    await until(async () => (await rulesOf(name)).rollback !== undefined, "the first share");
    starter.kill("SIGKILL");
    const given = { weights: { "1.0.0": 90, "1.1.0": 0 } };
    await until(async () => isDeepStrictEqual(await rulesOf(name), given), "the share is taken back");
    const killed = canary(["try", `${name}@1.1.0`, "--seconds", "3600"]);
    await until(() => killed.printed().includes("10 %"), "the first share");
    killed.kill("SIGKILL");
    await killed.ended;
    expect(await run("back", `${name}@1.1.0`)).toEqual({ code: 0, printed: `${name}: no calls go to 1.1.0\n` });
    expect(await rulesOf(name)).toEqual(given);
    const again = await run("back", `${name}@1.1.0`);
    expect(again).toEqual({ code: 0, printed: `${name}: 1.1.0 is not being tried\n` });
  });

  it.each([
    ["{oops", "is not JSON"],
    ['{"weights":{"1.0.0":100},"wieghts":5}', "Unrecognized key"],
    ['{"weights":null}', "weights"],
  ])("leaves rules alone that callers don't use, and says so: %s", async (text, problem) => {
    const name = newTarget();
    for (const version of ["1.0.0", "1.1.0"]) await startVersion(name, version);
    const key = `vastify/routes/${name}`;
    await consulApi().kv.set(key, text);
    for (const verb of ["hold", "try", "promote", "back"]) {
      const { code, printed } = await run(verb, `${name}@1.1.0`, "--seconds", "1");
      expect(printed).toMatch(
        new RegExp(`callers don't use what stands in ${key}, mend or delete it first: .*${problem}`),
      );
      expect(code).toBe(2);
    }
    expect(((await consulApi().kv.get(key)) as { Value: string }).Value).toBe(text);
  });

  it("switches from blue to green and back at once, and never to a version that is not there", async () => {
    const name = newTarget();
    for (const version of ["1.0.0", "2.0.0"]) await startVersion(name, version);
    const { caller } = await startCaller(name);
    for (const version of ["1.0.0", "2.0.0", "1.0.0"]) {
      expect(await run("promote", `${name}@${version}`)).toMatchObject({ code: 0 });
      await until(async () => (await versionOf(caller, name)) === version, `${version} answers`);
    }
    expect(await run("promote", `${name}@3.0.0`)).toEqual({
      code: 1,
      printed: `${name} 3.0.0 is not alive; calls stay where they are\n`,
    });
    expect(await rulesOf(name)).toEqual({ weights: { "1.0.0": 100 } });
  });

  it("knows the versions of the manifest, and tries none that is alone", async () => {
    const name = newTarget();
    const folder = mkdtempSync(join(tmpdir(), "vastify-canary-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const service = { entry: "main.js", version: "1.0.0", httpPort: 3000, microservicePort: 3001 };
    writeFileSync(join(folder, "vastify.config.json"), JSON.stringify({ name: "shop", services: { [name]: service } }));
    await startVersion(name, "1.0.0");
    expect(await canary(["try"], { cwd: folder }).ended).toEqual({
      code: 0,
      printed: `${name}: only 1.0.0 is alive, and gets all calls\n`,
    });
  });

  it.each([
    [["hold", "nobody", "--config", "missing.json"], /missing\.json/],
    [["win", "a@1.0.0"], /must be hold, try, promote or back/],
    [["try", "a@one"], /version of a must be/],
    [["try", "a@1.0.0", "--weights", "10,200"], /--weights must be a number from 0.01 to 99/],
  ])("refuses what it does not know: %j", async (args, why) => {
    const { code, printed } = await run(...(args as string[]));
    expect(printed).toMatch(why as RegExp);
    expect(code).toBe(2);
  });

  it("says that Consul does not answer", async () => {
    const { code, printed } = await canary(["promote", "a@1.0.0"], { consul: "127.0.0.1:1" }).ended;
    expect([code, printed]).toEqual([2, expect.stringContaining("CONSUL_HTTP_ADDR")]);
  });
});
