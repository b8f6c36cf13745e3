import { execFile } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Seneca } from "../../src/index.js";
import { createGateway, createService, type Service, silentLogger } from "../support/framework.js";
import { consulAddress, consulApi, startGateway, startService, uniqueName, until } from "../support/services.js";

const registered = async (service: Service) => service.instance in (await consulApi().agent.service.list());

describe("createService refuses", () => {
  it.each([
    ["name", { name: "a b" }],
    ["version", { version: "one" }],
    ["http.port", { http: { port: 70_000 } }],
    ["peers.heartbeatMs", { peers: { heartbeatMs: 0 } }],
    ["microservice.port", { microservice: { port: -1 } }],
    ["timeoutMs", { timeoutMs: 0 }],
    ["routing.servicesRefresh", { routing: { servicesRefresh: -5 } }],
    ["modules[0].plugin", { modules: [{}] }],
    ["consul.address", { consul: { address: "::::" } }],
    ["version", { version: "1.0.0 junk" }],
    ["portt", { http: { portt: 3 } }],
    ["createService", { htpp: {} }],
    ["http", { http: null }],
    ["consul", { consul: "127.0.0.1:8500" }],
    ["modules", { modules: {} }],
    ["parts[0]", { parts: [{}] }],
    ["log.level", { log: { level: "loud" } }],
    ["host", { host: 7 }],
    ["microservice.limits", { microservice: { limits: { maxByte: 1 } } }],
    ["peers.secret", { peers: { secret: "" } }],
    ["peers.secret", { peers: { secret: 7 } }],
    ["peers.tls.cert", { peers: { tls: {} } }],
    ["peers.tls", { peers: { tls: { cert: "a", key: "b" } } }],
    ["timeoutMs", { timeoutMs: Number.POSITIVE_INFINITY }],
  ])("a wrong %s by name", (option, wrong) => {
    const options = { name: "a", version: "1.0.0", log: silentLogger, ...wrong };
    expect(() => createService(options as never)).toThrow(
      expect.objectContaining({ reason: "bad_option", message: expect.stringContaining(option) }),
    );
  });
});

it("createGateway refuses what is none of its options, and lists those", () => {
  const options = { name: "a", version: "1.0.0", log: silentLogger, limit: {} };
  expect(() => createGateway(options)).toThrow(
    expect.objectContaining({
      reason: "bad_option",
      message: expect.stringContaining(`createGateway's option "limit" must be one of auth, limits, `),
    }),
  );
});

describe("a service that can't start in time", () => {
  it("says so, and stop() does not wait for it", async () => {
    const part = { name: "stuck", start: () => new Promise<void>(() => {}), stop: async () => {} };
    const service = createService({
      name: "a",
      version: "1.0.0",
      log: silentLogger,
      parts: [part],
      startTimeoutMs: 200,
    });
    await expect(service.start()).rejects.toMatchObject({
      code: "deadline_exceeded",
      message: "a did not start within 200 ms",
    });
    await service.stop();
  });

  it("can be stopped while it starts", async () => {
    const part = { name: "stuck", start: () => new Promise<void>(() => {}), stop: async () => {} };
    const service = createService({ name: "a", version: "1.0.0", log: silentLogger, parts: [part] });
    const started = service.start().catch((error) => error);
    await service.stop();
    expect(await started).toMatchObject({ code: "canceled", message: "a was stopped while it started" });
  });
});

describe.skipIf(!consulAddress)("a service", () => {
  it("is registered once it answers, and gone from Consul once it stopped", async () => {
    const service = await startService({ name: uniqueName("life") });
    expect(await registered(service)).toBe(true);
    const health = await fetch(`${service.addresses.http}/health`);
    expect(health.status).toBe(200);
    expect(await health.json()).toMatchObject({
      status: "passing",
      target: service.name,
      version: "1.0.0",
      instance: service.instance,
    });
    await service.stop();
    expect(await registered(service)).toBe(false);
  });

  it("can be stopped twice, and started once", async () => {
    const service = await startService({ name: uniqueName("life") });
    await expect(service.start()).rejects.toMatchObject({ reason: "started_before" });
    await Promise.all([service.stop(), service.stop()]);
    await service.stop();
  });

  it("says which port is taken, and undoes what it had started", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo;
    const story: string[] = [];
    const part = {
      name: "database",
      start: async () => void story.push("start"),
      stop: async () => void story.push("stop"),
    };
    const service = createService({
      name: uniqueName("taken"),
      version: "1.0.0",
      log: silentLogger,
      consul: { address: consulAddress },
      http: { port },
      parts: [part],
    });
    await expect(service.start()).rejects.toMatchObject({
      reason: "port_taken",
      message: expect.stringContaining(String(port)),
    });
    expect(story).toEqual(["start", "stop"]);
    expect(await registered(service)).toBe(false);
  });

  it("whose part is not healthy asks for no requests", async () => {
    let ok = true;
    const part = { name: "database", start: async () => {}, stop: async () => {}, health: () => ({ ok }) };
    const service = await startService({ name: uniqueName("ill"), parts: [part] });
    expect((await fetch(`${service.addresses.http}/health`)).status).toBe(200);
    ok = false;
    const response = await fetch(`${service.addresses.http}/health`);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ status: "critical", parts: { database: { ok: false } } });
    const live = await fetch(`${service.addresses.http}/health/live`);
    expect([live.status, await live.json()]).toEqual([200, { status: "alive" }]);
  });

  it("finishes calls and requests in flight before it stops", async () => {
    const name = uniqueName("slow");
    let began = 0;
    const slow = await startService({
      name,
      modules: [
        {
          plugin: function slowModule(this: Service["seneca"]) {
            this.add("job:slow", async () => {
              began += 1;
              await new Promise((resolve) => setTimeout(resolve, 300));
              return { done: true };
            });
          },
          routes: { prefix: "/job", pin: "job:*", map: { slow: { GET: true } } },
        },
      ],
    });
    const caller = await startService({ name: uniqueName("caller") });
    const answers = Promise.all([
      caller.act({ $$target: name, job: "slow" }),
      fetch(`${slow.addresses.http}/job/slow`).then((response) => response.json()),
    ]);
    await until(() => began === 2, "both began");
    await slow.stop();
    expect(await answers).toEqual([{ done: true }, { done: true }]);
  });

  it("leaves nothing open: the process ends by itself", async () => {
    const script = `
      import { createService, createGateway } from "vastify";
      const common = { version: "1.0.0", consul: { address: ${JSON.stringify(consulAddress)} }, log: { level: "error" }, drain: { noticeMs: 50 } };
      const service = createService({ name: ${JSON.stringify(uniqueName("ends"))}, ...common });
      const gateway = createGateway({ name: ${JSON.stringify(uniqueName("ends"))}, ...common });
      await Promise.all([service.start(), gateway.start()]);
      await fetch(gateway.addresses.http + "/health");
      await Promise.all([service.stop(), gateway.stop()]);
      console.log("stopped");`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], {
      cwd: import.meta.dirname,
      timeout: 30_000,
    });
    expect(stdout.trim()).toBe("stopped");
  });
});

function things(this: Service["seneca"]): void {
  this.add("thing:list", (message, reply) => reply(null, [message.args.query]));
  this.add("thing:load", (message, reply) => reply(null, { id: message.args.params.id }));
  this.add("thing:make", (message, reply) =>
    reply(null, { http$: { status: 201, headers: { location: "/thing/9" } }, got: message.args.body }),
  );
  this.add("thing:change", (message, reply) => reply(null, { got: message.args.body }));
  this.add("thing:drop", (message, reply) => reply(null, { got: message.args.body }));
  this.add("thing:none", (_message, reply) => reply());
  this.add("thing:text", (_message, reply) => reply(null, "text"));
  this.add("thing:moved", (_message, reply) => reply(null, { http$: { redirect: "/thing" } }));
  this.add("thing:broken", () => {
    throw new Error("password=secret");
  });
}

const thingModule = {
  plugin: things,
  routes: {
    prefix: "/thing",
    pin: "thing:*",
    map: {
      list: { GET: true, name: "" },
      none: { GET: true },
      text: { GET: true },
      moved: { GET: true },
      broken: { GET: true },
      load: { GET: true, name: "", suffix: "/:id" },
      make: { POST: true, name: "" },
      change: { PATCH: true, PUT: true, name: "", suffix: "/:id" },
      drop: { DELETE: true, GET: false, name: "", suffix: "/:id" },
    },
  },
};

const json = (body: unknown) => ({ body: JSON.stringify(body), headers: { "content-type": "application/json" } });

describe.skipIf(!consulAddress).each(["the service itself", "the gateway"])("REST of a module by %s", (by) => {
  async function serve() {
    const service = await startService({ name: uniqueName("things"), modules: [thingModule] });
    if (by === "the service itself") return service.addresses.http;
    const gateway = await startGateway({ name: uniqueName("gateway") });
    await until(() => gateway.routes.some((route) => route.target === service.name), "routes found");
    return gateway.addresses.http;
  }

  it("answers as the module says", async () => {
    const base = await serve();
    const get = (path: string, init: RequestInit = {}) => fetch(base + path, { redirect: "manual", ...init });

    expect(await (await get("/thing?a=1&b=x")).json()).toEqual([{ a: "1", b: "x" }]);
    expect(await (await get("/thing/7")).json()).toEqual({ id: "7" });
    const made = await get("/thing", { method: "POST", ...json({ n: "甲" }) });
    expect([made.status, made.headers.get("location"), await made.json()]).toEqual([
      201,
      "/thing/9",
      { got: { n: "甲" } },
    ]);
    for (const method of ["PUT", "PATCH", "DELETE"]) {
      const answer = await get("/thing/7", { method, ...json({ n: 1 }) });
      expect([method, await answer.json()]).toEqual([method, { got: { n: 1 } }]);
    }
    const form = await get("/thing", { method: "POST", body: new URLSearchParams({ a: "1" }) });
    expect(await form.json()).toEqual({ got: { a: "1" } });
    expect((await get("/thing/none")).status).toBe(204);
    expect(await (await get("/thing/text")).json()).toBe("text");
    expect((await get("/thing/moved")).headers.get("location")).toBe("/thing");
    expect((await get("/thing", { method: "HEAD" })).status).toBe(200);
  });

  it.each([
    ["no such path", "/nothing", {}, 404, "no_route"],
    ["a method that the path has not", "/thing", { method: "DELETE" }, 405, "method_not_allowed"],
    ["bad JSON", "/thing", { method: "POST", ...json(0), body: "{" }, 400, "bad_body"],
    [
      "another media type",
      "/thing",
      { method: "POST", body: "x", headers: { "content-type": "text/plain" } },
      415,
      "unsupported_media_type",
    ],
    ["too large a body", "/thing", { method: "POST", ...json("x".repeat(1_100_000)) }, 413, "body_too_large"],
    [
      "a body nested too deep",
      "/thing",
      { method: "POST", ...json(0), body: `${"[".repeat(8_000)}${"]".repeat(8_000)}` },
      400,
      "bad_body",
    ],
    ["an action that throws", "/thing/broken", {}, 500, undefined],
  ])("answers %s with problem details", async (_what, path, init, status, reason) => {
    const base = await serve();
    const response = await fetch(base + path, {
      ...init,
      headers: { ...("headers" in init && init.headers), traceparent: `00-${"ab".repeat(16)}-${"cd".repeat(8)}-01` },
    });
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toMatch(/^application\/problem\+json/);
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({ status, tx: "ab".repeat(16), ...(reason && { reason }) });
    expect(text).not.toMatch(/secret|node_modules|\.[jt]s:\d/);
    if (status === 405) expect(response.headers.get("allow")).toBe("HEAD, GET, POST");
  });
});

describe.skipIf(!consulAddress)("a gateway", () => {
  it("answers 503 with Retry-After while a target it knows has no instance alive, and serves again when one comes", async () => {
    const name = uniqueName("comes-and-goes");
    const first = await startService({ name, modules: [thingModule] });
    const gateway = await startGateway({ name: uniqueName("gateway") });
    const get = () => fetch(`${gateway.addresses.http}/thing/7`);
    await until(async () => (await get()).status === 200, "served");

    await first.stop();
    const gone = await until(async () => [await get()].find(({ status }) => status === 503), "gone");
    expect(gone.headers.get("retry-after")).toMatch(/^\d+$/);
    expect(await gone.json()).toMatchObject({ code: "unavailable", reason: "no_instances" });

    await startService({ name, modules: [thingModule] });
    await until(async () => (await get()).status === 200, "served again");
  });

  it("lets the first target that offers a path keep it, and reports the other", async () => {
    const warnings: string[] = [];
    const log = { ...silentLogger, warn: (message: string) => void warnings.push(message) };
    const first = await startService({ name: uniqueName("first"), modules: [thingModule] });
    const gateway = await startGateway({ name: uniqueName("gateway"), log });
    await until(() => gateway.routes.some(({ target }) => target === first.name), "first found");
    const second = await startService({ name: uniqueName("second"), modules: [thingModule] });
    await until(() => warnings.some((warning) => warning.startsWith(`${second.name} offers`)), "conflict reported");
    expect(gateway.routes.filter(({ path }) => path === "/thing").map(({ target }) => target)).toEqual([
      first.name,
      first.name,
    ]);
  });

  it("serves each route at the newest stable version that offers it", async () => {
    const name = uniqueName("grows");
    const smaller = {
      ...thingModule,
      routes: { prefix: "/small", pin: "thing:*", map: { list: { GET: true, name: "" } } },
    };
    await startService({
      name,
      version: "1.0.0",
      modules: [{ ...thingModule, routes: [thingModule.routes, smaller.routes].flat() }],
    });
    await startService({ name, version: "2.0.0", modules: [smaller] });
    const gateway = await startGateway({ name: uniqueName("gateway") });
    const versionOf = (wanted: string) =>
      gateway.routes.find(({ path, target }) => path === wanted && target === name)?.version;
    await until(() => versionOf("/small") === "2.0.0", "the newer one serves what it offers");
    expect(versionOf("/thing/:id")).toBe("1.0.0");
  });
});

describe.skipIf(!consulAddress)("accept-version at a gateway", () => {
  async function serve() {
    const name = uniqueName("versions");
    const telling = (version: string, prefixes: readonly string[]) => ({
      plugin: function versioned(this: Service["seneca"]) {
        this.add("tell:version", (_message, reply) => reply(null, { version }));
      },
      routes: prefixes.map((prefix) => ({ prefix, pin: "tell:*", map: { version: { GET: true, name: "" } } })),
    });
    const [both, old] = [`/${name}`, `/${name}-old`];
    await startService({ name, version: "1.0.0", modules: [telling("1.0.0", [both, old])] });
    await startService({ name, version: "1.1.0", modules: [telling("1.1.0", [both])] });
    await startService({ name, version: "2.0.0-rc.1", modules: [telling("2.0.0-rc.1", [both])] });
    const gateway = await startGateway({ name: uniqueName("gateway") });
    return async (path: "both" | "old", accepted?: string) => {
      const headers: Record<string, string> = accepted === undefined ? {} : { "accept-version": accepted };
      const response = await fetch(gateway.addresses.http + (path === "both" ? both : old), { headers });
      const { version, reason, detail } = (await response.json()) as Record<string, string>;
      return { status: response.status, vary: response.headers.get("vary"), version, reason, detail };
    };
  }

  it("chooses among the versions that serve the route", async () => {
    const ask = await serve();
    expect(await ask("both")).toMatchObject({
      status: 200,
      version: "1.1.0",
      vary: expect.stringContaining("accept-version"),
    });
    expect(await ask("old")).toMatchObject({ status: 200, version: "1.0.0" });
    expect(await ask("both", "1.0.0")).toMatchObject({ status: 200, version: "1.0.0" });
    expect(await ask("both", ">=1.1")).toMatchObject({ status: 200, version: "1.1.0" });
    expect(await ask("both", "^2.0.0-rc")).toMatchObject({ status: 200, version: "2.0.0-rc.1" });
    expect(await ask("old", "^1")).toMatchObject({ status: 200, version: "1.0.0" });
  });

  it("is told what is alive when nothing satisfies it, and what is wrong with it", async () => {
    const ask = await serve();
    const none = await ask("old", "~1.1");
    expect(none).toMatchObject({ status: 503, reason: "no_version", detail: expect.stringMatching(/alive: 1\.0\.0$/) });
    expect(await ask("both", "newest")).toMatchObject({ status: 400, reason: "bad_version" });
  });
});

describe("modules' routes", () => {
  it("that ask for what would silently not happen are refused", async () => {
    const routes = { pin: "thing:*", map: { list: { GET: true, auth: { strategy: "x" } } } };
    const service = createService({
      name: "a",
      version: "1.0.0",
      log: silentLogger,
      modules: [{ plugin: things, routes: routes as never }],
    });
    await expect(service.start()).rejects.toMatchObject({
      reason: "bad_option",
      message: expect.stringContaining("auth"),
    });
  });
});

describe.skipIf(!consulAddress)("routes that are mapped by hand", () => {
  it("are served, though no module of the service says any", async () => {
    const name = uniqueName("hand");
    function byHand(this: Seneca) {
      this.add({ module: name, if: "get" }, async () => ({ by: "hand" }));
    }
    const service = await startService({ name, modules: [{ plugin: byHand }] });
    const routes = { prefix: "/hand", pin: `module:${name},if:*`, map: { get: { GET: true } } };
    await service.act({ role: "web", routes });
    const answer = await fetch(`${service.addresses.http}/hand/get`);
    expect([answer.status, await answer.json()]).toEqual([200, { by: "hand" }]);
    const context = service.seneca.export("web/context") as () => { stack: { path: string }[] };
    expect(context().stack).toContainEqual(expect.objectContaining({ path: "/hand/get" }));
  });
});
