import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePort, startConsul } from "@vastify/backends";
import { afterEach, describe, expect, it } from "vitest";

const stops: Array<() => Promise<void>> = [];
afterEach(async () => {
  // The last started first: a Consul before its folder.
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function started(...args: Parameters<typeof startConsul>) {
  const consul = await startConsul(...args);
  stops.push(consul.stop);
  return consul;
}

const get = (httpAddr: string, path: string) => fetch(`http://${httpAddr}${path}`);

describe.skipIf(!process.env.TEST_CONSUL_HTTP_ADDR)("a started Consul", () => {
  it("answers until it is stopped, which may be done twice", async () => {
    const consul = await started();
    expect(await (await get(consul.httpAddr, "/v1/status/leader")).json()).toBe(`127.0.0.1:${consul.ports.server}`);
    await consul.stop();
    await consul.stop();
    await expect(get(consul.httpAddr, "/v1/status/leader")).rejects.toThrow();
  });

  it("comes back empty on the same ports after a restart", async () => {
    const consul = await started();
    const { httpAddr, pid } = consul;
    await fetch(`http://${httpAddr}/v1/kv/key`, { method: "PUT", body: "value" });
    await consul.restart();
    expect(consul.httpAddr).toBe(httpAddr);
    expect(consul.pid).not.toBe(pid);
    expect((await get(httpAddr, "/v1/kv/key")).status).toBe(404);
  });

  it("knows everything after a restart when it has a folder", async () => {
    const dataFolder = await mkdtemp(join(tmpdir(), "consul-"));
    stops.push(() => rm(dataFolder, { recursive: true, force: true }));
    const consul = await started({ dataFolder });
    await fetch(`http://${consul.httpAddr}/v1/kv/key`, { method: "PUT", body: "value" });
    await consul.restart();
    expect(await (await get(consul.httpAddr, "/v1/kv/key?raw")).text()).toBe("value");
  });

  it("can be restarted after a crash", async () => {
    const consul = await started();
    await consul.kill();
    await expect(get(consul.httpAddr, "/v1/status/leader")).rejects.toThrow();
    await consul.restart();
    expect((await get(consul.httpAddr, "/v1/status/leader")).status).toBe(200);
  });

  it("obeys further settings and fixed ports", async () => {
    const http = await findFreePort();
    const consul = await started({ ports: { http }, settings: { acl: { enabled: true, default_policy: "deny" } } });
    expect(consul.port).toBe(http);
    expect((await fetch(`http://${consul.httpAddr}/v1/kv/key`, { method: "PUT", body: "value" })).status).toBe(403);
  });

  it("says why it did not start", async () => {
    await expect(startConsul({ settings: { no_such_setting: true } })).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("no_such_setting"),
    });
  });
});
