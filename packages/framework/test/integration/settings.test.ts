import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { startConsul } from "@vastify/backends";
import { describe, expect, it, onTestFinished } from "vitest";
import { silentLogger } from "../../src/core/index.js";
import { connectConsul, createSettings } from "../../src/discovery/index.js";
import { consulAddress, consulApi, uniqueName, until } from "../support/services.js";

/** Started, on a prefix of the test's own, and stopped after the test. */
function follow(address = consulAddress) {
  const prefix = `${uniqueName("settings")}/`;
  const consul = connectConsul({ address });
  const warnings: string[] = [];
  const log = { ...silentLogger, warn: (message: string) => void warnings.push(message) };
  const settings = createSettings({ consul, prefix, log });
  const put = (key: string, text: string) => consulApi(address).kv.set(prefix + key, text);
  let changes = 0;
  settings.onChange(() => {
    changes += 1;
  });
  settings.start();
  onTestFinished(async () => {
    await settings.stop();
    consul.close();
    if (address === consulAddress) await consulApi().kv.del({ key: prefix, recurse: true });
  });
  return { settings, prefix, put, warnings, changes: () => changes };
}

describe.skipIf(!consulAddress)("settings in Consul's KV", () => {
  it("follow every key under the prefix as it comes, changes and goes", async () => {
    const { settings, prefix, put } = follow();
    await put("routes/a", '{"weights":{"1.0.0":90}}');
    await until(() => settings.get("routes/a"), "the key that came");
    expect(settings.get("routes/a")).toEqual({ weights: { "1.0.0": 90 } });
    await put("routes/a", '{"weights":{"1.0.0":50}}');
    await put("policies/a", '{"retries":2}');
    await until(() => settings.get("policies/a"), "the second key");
    expect(settings.get("routes/a")).toEqual({ weights: { "1.0.0": 50 } });
    await consulApi().kv.del(`${prefix}routes/a`);
    await until(() => settings.get("routes/a") === undefined, "the key that went");
    expect([settings.get("policies/a"), settings.unlisted]).toEqual([{ retries: 2 }, 0]);
  });

  it("tell of changes, and leave the other keys' values as they are", async () => {
    const { settings, put, changes } = follow();
    await put("a", "[1]");
    await until(() => settings.get("a"), "the first key");
    const [value, before] = [settings.get("a"), changes()];
    await put("b", "[2]");
    await until(() => settings.get("b"), "the second key");
    expect(settings.get("a")).toBe(value);
    expect(changes()).toBeGreaterThan(before);
  });

  it("are replaced only by who was not overtaken", async () => {
    const { settings, put, prefix } = follow();
    const counted = (now: unknown) => ({ count: ((now as { count: number } | undefined)?.count ?? 0) + 1 });
    expect(await settings.replace("n", counted)).toBe(true);
    expect(await settings.replace("n", counted)).toBe(true);
    await until(() => (settings.get("n") as { count: number } | undefined)?.count === 2, "what was written");
    // `change` can't wait, so the faster one comes first within one process by racing.
    const race = await Promise.all(Array.from({ length: 10 }, () => settings.replace("n", counted)));
    const written = race.filter(Boolean).length;
    const { Value } = (await consulApi().kv.get(`${prefix}n`)) as { Value: string };
    expect(JSON.parse(Value)).toEqual({ count: 2 + written });
    await put("n", "7");
    expect(await settings.replace("n", (now) => (now === 7 ? undefined : now))).toBe(true);
    expect(await consulApi().kv.get(`${prefix}n`)).toBeFalsy();
  });

  it("stay as they were while Consul is away, and say where it was looked for when one is to be written", async () => {
    const consul = await startConsul();
    onTestFinished(() => consul.stop());
    const { settings, put } = follow(consul.httpAddr);
    await put("a", "[1]");
    await until(() => settings.get("a"), "the key");
    await consul.stop();
    await expect(settings.replace("a", () => [2])).rejects.toMatchObject({
      code: "unavailable",
      reason: "registry_unreachable",
      message: expect.stringContaining(consul.httpAddr),
    });
    expect(settings.get("a")).toEqual([1]);
  });

  it("outlive a Consul that comes back empty, until each is written again", async () => {
    const consul = await startConsul();
    onTestFinished(() => consul.stop());
    const { settings, put, warnings } = follow(consul.httpAddr);
    await put("a", "[1]");
    await put("b", "[2]");
    await until(() => settings.get("b"), "the keys");
    await consul.restart();
    await until(() => warnings.some((warning) => warning.includes("came back without the settings")), "a warning");
    expect([settings.get("a"), settings.get("b"), settings.unlisted]).toEqual([[1], [2], 2]);
    await put("b", "[3]");
    await until(() => settings.unlisted === 1, "the one that was written again");
    expect([settings.get("a"), settings.get("b")]).toEqual([[1], [3]]);
  });
});

/** Answers the query of settings like a Consul with this index and these keys, until told to answer otherwise. */
async function scriptedConsul() {
  let now = { index: 50, keys: ["a", "b"] };
  let wake = (): void => {};
  const server = createServer(async (request, response) => {
    const asked = Number(new URL(request.url ?? "", "http://consul").searchParams.get("index"));
    if (asked === now.index)
      await new Promise<void>((resolve) => {
        wake = resolve;
        response.on("close", resolve);
      });
    const entries = now.keys.map((key) => ({ Key: key, Value: Buffer.from("1").toString("base64"), ModifyIndex: 1 }));
    response.writeHead(entries.length > 0 ? 200 : 404, {
      ...{ "content-type": "application/json", "x-consul-index": String(now.index) },
    });
    response.end(entries.length > 0 ? JSON.stringify(entries) : "");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const consul = connectConsul({ address: `127.0.0.1:${(server.address() as AddressInfo).port}` });
  const settings = createSettings({ consul, prefix: "" });
  settings.start();
  onTestFinished(async () => {
    await settings.stop();
    consul.close();
  });
  return {
    settings,
    answer(index: number, keys: string[]) {
      now = { index, keys };
      wake();
    },
  };
}

it("outlive an answer without any that no failed query came before", async () => {
  const { settings, answer } = await scriptedConsul();
  await until(() => settings.get("b"), "the keys");
  answer(60, []);
  await until(() => settings.unlisted === 2, "the keys are kept");
  expect([settings.get("a"), settings.get("b")]).toEqual([1, 1]);
});

it("outlive an index that runs backwards, even when only one is lost", async () => {
  const { settings, answer } = await scriptedConsul();
  await until(() => settings.get("b"), "the keys");
  answer(7, ["a"]);
  await until(() => settings.unlisted === 1, "the key is kept");
  expect([settings.get("a"), settings.get("b")]).toEqual([1, 1]);
  answer(9, ["a", "b"]);
  await until(() => settings.unlisted === 0, "it was written again");
});

it("are not there before Consul answered", async () => {
  const settings = createSettings({ consul: connectConsul({ address: "127.0.0.1:1" }), log: silentLogger });
  settings.start();
  expect(settings.get("routes/a")).toBeUndefined();
  await settings.stop();
});
