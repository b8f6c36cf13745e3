import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Seneca } from "../../src/dispatch/index.js";
import { consulAddress, consulApi, startService, uniqueName } from "../support/services.js";

type StockSeneca = (options: object) => Seneca;
const stockSeneca = createRequire(import.meta.url)("seneca") as StockSeneca;

function plainSeneca(options: object = {}): Seneca {
  const seneca = stockSeneca({ log: "silent", timeout: 5_000, debug: { undead: true }, ...options });
  onTestFinished(() => new Promise<void>((done) => void seneca.close(() => done())));
  return seneca;
}

const ready = (seneca: Seneca) => new Promise<void>((done) => void seneca.ready(() => done()));

function act(seneca: Seneca, message: string | Record<string, unknown>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    seneca.act(message, (error, result) => (error ? reject(error) : resolve(result)));
  });
}

async function ourService() {
  const service = await startService({ name: uniqueName("ours") }, (one) => {
    one.add("cmd:config", (message, reply) => reply(null, { code: 1000, got: message.x }));
    one.add("cmd:list", (_message, reply) => reply(null, [1, 2, 3]));
    one.add("cmd:trace", function (_message, reply) {
      reply(null, { tx: this.fixedargs.tx$ });
    });
    one.add("cmd:fail", (_message, reply) => reply(new Error("password=secret")));
  });
  return {
    service,
    url: `http://${service.addresses.microservice}`,
    port: Number(service.addresses.microservice?.split(":")[1]),
  };
}

describe.skipIf(!consulAddress).each([
  ["as it comes", {}],
  ["with its newer transport", { legacy: { transport: false } }],
])("a plain Seneca process %s", (_flavour, options) => {
  it("calls our actions with client({ port, pin })", async () => {
    const { port } = await ourService();
    const seneca = plainSeneca(options);
    seneca.client({ port, host: "127.0.0.1", pin: "cmd:*" });
    await ready(seneca);
    expect(await act(seneca, { cmd: "config", x: "甲" })).toMatchObject({ code: 1000, got: "甲" });
    expect(await act(seneca, "cmd:list")).toEqual([1, 2, 3]);
  });

  it("gets our errors as errors, and none of our secrets", async () => {
    const { port } = await ourService();
    const seneca = plainSeneca(options);
    seneca.client({ port, host: "127.0.0.1", pin: "cmd:*" });
    await ready(seneca);
    const [failed, unknown] = (await Promise.all(
      ["cmd:fail", "cmd:nothing"].map((message) => act(seneca, message).catch((error: Error) => error)),
    )) as Error[];
    expect(failed).toBeInstanceOf(Error);
    expect(unknown).toBeInstanceOf(Error);
    expect(failed?.message).not.toContain("secret");
    // The older transport's client makes "500 Internal Server Error" of every error, whatever the body says.
    if (!("legacy" in options)) return;
    expect(failed?.message).toContain("log says why");
    expect(unknown?.message).toContain("has no action");
  });

  it("passes its trace id on", async () => {
    const { port } = await ourService();
    const seneca = plainSeneca(options);
    seneca.client({ port, host: "127.0.0.1", pin: "cmd:*" });
    await ready(seneca);
    expect(await act(seneca, { cmd: "trace", tx$: "from-afar" })).toEqual({ tx: "from-afar" });
  });

  it("is called by us when it registered the way of 2018", async () => {
    const name = uniqueName("plain");
    const seneca = plainSeneca(options);
    seneca.add("cmd:who", (message, reply) => reply(null, { plain: true, got: message.x }));
    seneca.add("cmd:fail", (_message, reply) => reply(new Error("out of stock")));
    const port = await freePort();
    seneca.listen({ port, host: "127.0.0.1" });
    await ready(seneca);
    const notes = JSON.stringify({ $$version: "1.0.0", $$microservicePort: port });
    const id = `${name}@1`;
    await consulApi().agent.service.register({
      id,
      name: id,
      address: "127.0.0.1",
      port: 1,
      check: { name: "c", ttl: "600s", status: "passing", notes },
    } as never);
    onTestFinished(async () => {
      await consulApi().agent.service.deregister(id);
    });

    const caller = await startService({ name: uniqueName("caller") });
    expect(await caller.act({ $$target: name, cmd: "who", x: 7 })).toMatchObject({ plain: true, got: 7 });
    await expect(caller.act({ $$target: name, cmd: "fail" })).rejects.toMatchObject({
      code: "internal",
      reason: "peer_failed",
    });
  });
});

describe.skipIf(!consulAddress)("curl", () => {
  it("calls an action by a query string", async () => {
    const { url } = await ourService();
    const response = await fetch(`${url}/act?cmd=config&x=1`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ code: 1000, got: "1" });
  });

  it.each([
    ["an unknown action", "/act?cmd=nothing", {}, 404, "no_pattern"],
    ["Seneca's own options", "/act?role=seneca&get=options", {}, 404, "no_pattern"],
    ["another path", "/", {}, 404, "no_route"],
    ["another method", "/act", { method: "DELETE" }, 405, "method_not_allowed"],
    ["a body that is not JSON", "/act", { method: "POST", body: "{" }, 400, "bad_body"],
    ["a body that is no object", "/act", { method: "POST", body: "[1]" }, 400, "bad_body"],
    ["a body over the limit", "/act", { method: "POST", body: "x".repeat(2_000_000) }, 413, "body_too_large"],
    ["a path that is none", "//[", {}, 404, "no_route"],
    [
      "a message nested too deep",
      "/act",
      { method: "POST", body: `{"a":${"[".repeat(3_000)}${"]".repeat(3_000)}}` },
      400,
      "bad_body",
    ],
    ["a wait of a year", "/act?cmd=config", { headers: { "vastify-timeout-ms": "31536000000" } }, 200, undefined],
    [
      "a trace id that would break a log",
      "/act?cmd=config",
      { method: "POST", body: '{"meta$":{"id":"a/x\\ny"}}' },
      200,
      undefined,
    ],
    ["an empty post", "/act", { method: "POST" }, 404, "no_pattern"],
    ["a fatal directive", "/act?cmd=fail", { method: "POST", body: '{"fatal$":true}' }, 500, undefined],
  ])("with %s gets an error and leaves the service serving", async (_what, path, init, status, reason) => {
    const { url } = await ourService();
    const response = await fetch(url + path, init);
    expect(response.status).toBe(status);
    const body = await response.text();
    expect(JSON.parse(body).reason).toBe(reason);
    expect(body).not.toMatch(/secret|node_modules|\.[jt]s:\d/);
    expect((await fetch(`${url}/act?cmd=config`)).status).toBe(200);
  });
});

describe.skipIf(!consulAddress)("an action that fails in a way nobody foresaw", () => {
  it.each(["curl", "a peer"])("is logged where it ran, under the trace id that %s is told", async (by) => {
    const logged: { message: string; tx?: unknown; err?: unknown }[] = [];
    const log = {
      debug() {},
      info() {},
      warn() {},
      error: (message: string, fields = {}) => void logged.push({ message, ...fields }),
    };
    const service = await startService({ name: uniqueName("failing"), log }, (one) => {
      one.add("cmd:fail", async () => {
        throw new TypeError("the whole story");
      });
    });
    const told =
      by === "curl"
        ? await (await fetch(`http://${service.addresses.microservice}/act?cmd=fail`)).text()
        : await (await startService({ name: uniqueName("caller") }))
            .act({ $$target: service.name, cmd: "fail" })
            .catch(String);
    expect(told).not.toContain("the whole story");
    expect(logged).toHaveLength(1);
    expect(logged[0]?.err).toMatchObject({ message: "the whole story" });
    expect(told).toContain(String(logged[0]?.tx));
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
