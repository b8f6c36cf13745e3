import { randomUUID } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import Consul from "consul";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { silentLogger } from "../../src/core/index.js";
import { createRegistry, type Registry } from "../../src/devtools/index.js";

const realAddress = process.env.TEST_CONSUL_HTTP_ADDR;
const isRealRequired = process.env.REQUIRE_BACKENDS === "1";
const context = { log: silentLogger, signal: new AbortController().signal };

interface Backend {
  readonly name: string;
  start(): Promise<string>;
  stop(): Promise<void>;
}

const embedded: Backend = (() => {
  let registry: Registry;
  return {
    name: "the embedded registry",
    async start() {
      registry = createRegistry({ port: 0 });
      await registry.start(context);
      return registry.url;
    },
    stop: () => registry.stop(),
  };
})();

const real: Backend = {
  name: "real Consul",
  async start() {
    if (realAddress === undefined) throw new Error("REQUIRE_BACKENDS=1, but TEST_CONSUL_HTTP_ADDR names no Consul");
    return `http://${realAddress.replace(/^https?:\/\//, "")}`;
  },
  async stop() {},
};

const backends = [
  { backend: embedded, isSkipped: false },
  { backend: real, isSkipped: realAddress === undefined && !isRealRequired },
];

interface Health {
  readonly Service: { readonly ID: string };
  readonly Checks: readonly { CheckID: string; Status: string; Notes: string; Output: string }[];
}

describe.each(backends)("$backend.name", ({ backend, isSkipped }) => {
  describe.skipIf(isSkipped)(isSkipped ? "skipped: TEST_CONSUL_HTTP_ADDR is not set" : "as Consul's HTTP API", () => {
    let base: string;
    let consul: Consul;
    const cleanups: (() => Promise<unknown>)[] = [];

    beforeAll(async () => {
      base = await backend.start();
      const { hostname, port } = new URL(base);
      consul = new Consul({ host: hostname, port: Number(port) });
    });
    afterEach(async () => {
      for (const cleanup of cleanups.splice(0)) await cleanup();
    });
    afterAll(async () => {
      consul?.destroy();
      await backend.stop();
    });

    const newName = () => `registry-test-${randomUUID()}`;
    const call = (method: string, path: string, body?: unknown) =>
      fetch(`${base}${path}`, {
        method,
        ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
      });
    const put = (path: string, body?: unknown) => call("PUT", path, body);
    const read = async <T>(path: string) => {
      const response = await call("GET", path);
      return { value: (await response.json()) as T, index: Number(response.headers.get("x-consul-index")) };
    };
    const health = (name: string, query = "") => read<Health[]>(`/v1/health/service/${name}?${query}`);

    async function register(options: Record<string, unknown>) {
      const id = String(options.id ?? options.name);
      cleanups.push(() => consul.agent.service.deregister(id));
      await consul.agent.service.register(options as never);
      await until(String(options.name), (found) => found.some((one) => one.Service.ID === id));
      return id;
    }

    /** Follows a service by blocking queries until it is as wanted. */
    async function until(name: string, isWanted: (found: Health[]) => boolean): Promise<Health[]> {
      let seen = await health(name);
      while (!isWanted(seen.value)) seen = await health(name, `index=${seen.index}&wait=20s`);
      return seen.value;
    }
    const checkOf = (found: Health[], id: string) => found[0]?.Checks.find((check) => check.CheckID === id);
    const untilStatus = (name: string, status: string) =>
      until(name, (found) => checkOf(found, `service:${name}`)?.Status === status);

    /** A little HTTP server whose `/health` answers with a status that the test sets. */
    async function startPeer(status: number) {
      const requests: { method: string; header: string }[] = [];
      const peer = { status, port: 0, requests, stop: () => close(server) };
      const server = createServer((request, response) => {
        requests.push({ method: request.method ?? "", header: String(request.headers["x-test"]) });
        if (peer.status > 0) response.writeHead(peer.status).end("a little server");
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      peer.port = (server.address() as AddressInfo).port;
      cleanups.push(peer.stop);
      return peer;
    }
    const httpCheck = (port: number) => ({ http: `http://127.0.0.1:${port}/health`, interval: "1s", timeout: "500ms" });

    describe("a registered service", () => {
      test("is found by its name, with everything it said of itself", async () => {
        const name = newName();
        await register({ name, id: `${name}@1`, address: "10.1.2.3", port: 8080, tags: ["a"], meta: { version: "1" } });
        const [found] = (await read<Record<string, unknown>[]>(`/v1/catalog/service/${name}`)).value;
        expect(found).toMatchObject({
          ServiceID: `${name}@1`,
          ServiceName: name,
          ServiceAddress: "10.1.2.3",
          ServicePort: 8080,
          ServiceTags: ["a"],
          ServiceMeta: { version: "1" },
        });
      });

      test("is listed by the agent under its id", async () => {
        const name = newName();
        await register({ name, id: `${name}@1`, port: 1 });
        const services = await consul.agent.service.list();
        expect(services[`${name}@1`]).toMatchObject({ ID: `${name}@1`, Service: name, Port: 1 });
      });

      test("takes its name for an id when it has none", async () => {
        const name = newName();
        await register({ name });
        expect((await health(name)).value[0]?.Service.ID).toBe(name);
      });

      test("is read by its id, also when that holds an @", async () => {
        const name = newName();
        const id = await register({ name, id: `${name}@${randomUUID()}` });
        expect((await read(`/v1/agent/service/${encodeURIComponent(id)}`)).value).toMatchObject({ ID: id });
        expect((await read(`/v1/agent/service/${id}`)).value).toMatchObject({ ID: id });
      });

      test("appears among the catalog's services with its tags", async () => {
        const name = newName();
        await register({ name, tags: ["blue"] });
        expect((await read<Record<string, string[]>>("/v1/catalog/services")).value).toMatchObject({
          [name]: ["blue"],
        });
      });

      test("is found by a tag of it alone", async () => {
        const name = newName();
        await register({ name, tags: ["blue"] });
        expect((await health(name, "tag=blue")).value).toHaveLength(1);
        expect((await health(name, "tag=red")).value).toEqual([]);
      });

      test("gets the notes of its check back as it sent them", async () => {
        const name = newName();
        const notes = JSON.stringify({ $$version: "1.2.3", $$microservicePort: 10_015, ü: '"\\' });
        await register({ name, check: { ttl: "30s", notes } });
        expect(checkOf((await health(name)).value, `service:${name}`)?.Notes).toBe(notes);
      });

      test("changes where it is when it registers again", async () => {
        const name = newName();
        await register({ name, port: 1 });
        await register({ name, port: 2 });
        const found = await until(name, (all) => JSON.stringify(all[0]?.Service).includes('"Port":2'));
        expect(found).toHaveLength(1);
      });

      test("is gone with its checks once deregistered", async () => {
        const name = newName();
        const id = await register({ name, check: { ttl: "30s" } });
        await consul.agent.service.deregister(id);
        await until(name, (found) => found.length === 0);
        expect((await read(`/v1/health/checks/${name}`)).value).toEqual([]);
        expect(await consul.agent.check.list()).not.toHaveProperty(`service:${name}`);
        expect((await call("GET", `/v1/agent/service/${id}`)).status).toBe(404);
      });

      test("numbers its checks when it has several, except those with an id", async () => {
        const name = newName();
        const own = `own-${name}`;
        await register({ name, checks: [{ ttl: "30s" }, { ttl: "30s", checkid: own }, { ttl: "30s" }] });
        const checks = (await read<{ CheckID: string }[]>(`/v1/health/checks/${name}`)).value;
        expect(checks.map((check) => check.CheckID)).toEqual([own, `service:${name}:1`, `service:${name}:3`]);
      });

      test("keeps a check that it does not name again, unless it replaces its checks", async () => {
        const name = newName();
        await register({ name, check: { ttl: "30s" } });
        await put("/v1/agent/service/register", { Name: name });
        expect(await consul.agent.check.list()).toHaveProperty([`service:${name}`]);
        await put("/v1/agent/service/register?replace-existing-checks=true", { Name: name });
        expect(await consul.agent.check.list()).not.toHaveProperty([`service:${name}`]);
      });

      test("leaves the healthy ones while it is under maintenance", async () => {
        const name = newName();
        const id = await register({ name });
        await consul.agent.service.maintenance({ id, enable: true, reason: "repairs" });
        const [found] = await until(name, (all) => all[0]?.Checks.some(isMaintenance) ?? false);
        expect(found?.Checks.find(isMaintenance)).toMatchObject({ Status: "critical", Notes: "repairs" });
        expect((await health(name, "passing")).value).toEqual([]);
        await consul.agent.service.maintenance({ id, enable: false });
        await until(name, (all) => !all[0]?.Checks.some(isMaintenance));
        expect((await health(name, "passing")).value).toHaveLength(1);
      });
    });

    describe("a bad request", () => {
      const register = "/v1/agent/service/register";
      test.each([
        ["a body that is no JSON", "{bad", /decode failed/i],
        ["an empty body", "", /decode failed/i],
        ["a body that is no object", [], /decode failed/i],
        ["no name", { ID: "x" }, /Missing service name/],
        ["a name that is no string", { Name: 5 }, /Name/],
        ["a port that is no number", { Name: "x", Port: "80" }, /Port/],
        ["a field that nobody knows", { Name: "x", Bogus: 1 }, /unknown field "Bogus"/],
        ["a meta key with a $", { Name: "x", Meta: { $$version: "1" } }, /\$\$version.*invalid characters/],
        ["an address that is none", { Name: "x", Address: "0.0.0.0" }, /Invalid service address/],
        ["a check without an interval", { Name: "x", Check: { HTTP: "http://x" } }, /Interval must be/],
        ["an interval that is none", { Name: "x", Check: { TCP: "x:1", Interval: "soon" } }, /invalid duration "soon"/],
        ["both interval and TTL", { Name: "x", Check: { TCP: "x:1", Interval: "1s", TTL: "1s" } }, /cannot both/],
        ["a status that is none", { Name: "x", Check: { TTL: "1s", Status: "fine" } }, /Status for checks must/],
      ])("with %s is refused by name", async (_what, body, problem) => {
        const response = await put(register, body);
        expect(response.status).toBe(400);
        expect(await response.text()).toMatch(problem);
      });

      test("leaves nothing registered", async () => {
        const name = newName();
        await put(register, { Name: name, Meta: { $$version: "1" } });
        expect(await consul.agent.service.list()).not.toHaveProperty([name]);
      });

      test("for an unknown service id is answered 404 with a text", async () => {
        const response = await call("GET", "/v1/agent/service/nobody");
        expect([response.status, await response.text()]).toEqual([404, "unknown service ID: nobody"]);
      });

      test.each([
        ["POST", register],
        ["PUT", "/v1/catalog/services"],
        ["DELETE", "/v1/agent/services"],
      ])("%s %s is not allowed", async (method, path) => {
        const response = await call(method, path);
        expect(response.status).toBe(405);
        expect(response.headers.get("allow")).toMatch(/GET|PUT/);
      });

      test("to an unknown path is answered 404", async () => {
        expect((await call("GET", "/v1/nothing-here")).status).toBe(404);
      });

      test("with a value of more than 512 KB is answered 413", async () => {
        expect((await put(`/v1/kv/${newName()}`, "x".repeat(512 * 1024 + 1))).status).toBe(413);
      });

      test.each(["index=abc", "index=1&wait=soon", "passing=maybe"])("with ?%s is refused", async (query) => {
        expect((await call("GET", `/v1/health/service/any?${query}`)).status).toBe(400);
      });

      test("for maintenance of an unknown service is answered 404, without a flag 400", async () => {
        expect((await put("/v1/agent/service/maintenance/nobody?enable=true")).status).toBe(404);
        expect((await put("/v1/agent/service/maintenance/nobody")).status).toBe(400);
      });
    });

    describe("an HTTP check", () => {
      test("turns critical with its server and passing again", async () => {
        const name = newName();
        const peer = await startPeer(200);
        await register({ name, check: httpCheck(peer.port) });
        const passing = await untilStatus(name, "passing");
        expect(checkOf(passing, `service:${name}`)?.Output).toMatch(/200 OK.*a little server/);
        peer.status = 500;
        await untilStatus(name, "critical");
        expect((await health(name, "passing")).value).toEqual([]);
        peer.status = 204;
        await untilStatus(name, "passing");
        expect((await health(name, "passing=true")).value).toHaveLength(1);
      });

      test("warns at 429, and a warning is not passing", async () => {
        const name = newName();
        const peer = await startPeer(429);
        await register({ name, check: httpCheck(peer.port) });
        await untilStatus(name, "warning");
        expect((await health(name, "passing")).value).toEqual([]);
      });

      test("is critical when its server does not answer in time", async () => {
        const name = newName();
        const peer = await startPeer(0);
        await register({ name, check: { ...httpCheck(peer.port), status: "passing" } });
        await untilStatus(name, "critical");
      });

      test("is critical when nothing listens", async () => {
        const name = newName();
        await register({ name, check: { ...httpCheck(1), status: "passing" } });
        await untilStatus(name, "critical");
      });

      test("sends the method and the headers it was given", async () => {
        const name = newName();
        const peer = await startPeer(200);
        await register({ name, check: { ...httpCheck(peer.port), method: "PUT", header: { "X-Test": ["yes"] } } });
        await untilStatus(name, "passing");
        expect(peer.requests[0]).toEqual({ method: "PUT", header: "yes" });
      });

      test("has the status it was registered with until it runs", async () => {
        const name = newName();
        await register({ name, check: { http: "http://127.0.0.1:1/", interval: "1h", status: "passing" } });
        expect(checkOf((await health(name)).value, `service:${name}`)?.Status).toBe("passing");
      });

      test("keeps its status when the service registers again", async () => {
        const name = newName();
        const peer = await startPeer(200);
        await register({ name, check: httpCheck(peer.port) });
        await untilStatus(name, "passing");
        await register({ name, port: 2, check: { http: "http://127.0.0.1:1/", interval: "1h" } });
        const found = await until(name, (all) => JSON.stringify(all[0]?.Service).includes('"Port":2'));
        expect(checkOf(found, `service:${name}`)?.Status).toBe("passing");
      });
    });

    test("a TCP check follows whether somebody listens", async () => {
      const name = newName();
      const peer = await startPeer(200);
      await register({ name, check: { tcp: `127.0.0.1:${peer.port}`, interval: "1s" } });
      await untilStatus(name, "passing");
      await peer.stop();
      await untilStatus(name, "critical");
    });

    describe("a TTL check", () => {
      test("is critical until it is heard of, and again when that was too long ago", async () => {
        const name = newName();
        await register({ name, check: { ttl: "1s" } });
        expect(checkOf((await health(name)).value, `service:${name}`)?.Status).toBe("critical");
        await consul.agent.check.pass({ id: `service:${name}`, note: "here" });
        await untilStatus(name, "passing");
        const found = await untilStatus(name, "critical");
        expect(checkOf(found, `service:${name}`)?.Output).toMatch(/TTL expired/);
      });

      test("takes each status that it is told", async () => {
        const name = newName();
        await register({ name, check: { ttl: "1h" } });
        await consul.agent.check.warn(`service:${name}`);
        await untilStatus(name, "warning");
        await consul.agent.check.fail(`service:${name}`);
        await untilStatus(name, "critical");
        await put(`/v1/agent/check/update/service:${name}`, { Status: "passing", Output: "fine" });
        const found = await untilStatus(name, "passing");
        expect(checkOf(found, `service:${name}`)?.Output).toBe("fine");
      });

      test("that is unknown is answered so that its owner registers again", async () => {
        const response = await put("/v1/agent/check/pass/service:nobody");
        expect([404, 500]).toContain(response.status);
        expect(await response.text()).toMatch(/nobody/);
      });

      test("is registered and deregistered by itself", async () => {
        const name = newName();
        const id = `check-${name}`;
        await register({ name });
        await consul.agent.check.register({ name: id, serviceid: name, ttl: "1h", status: "passing" } as never);
        expect(await consul.agent.check.list()).toHaveProperty([id, "ServiceName"], name);
        await consul.agent.check.deregister(id);
        expect(await consul.agent.check.list()).not.toHaveProperty([id]);
      });

      test("of a service that is unknown is refused", async () => {
        const response = await put("/v1/agent/check/register", { Name: newName(), ServiceID: "nobody", TTL: "1h" });
        expect(response.status).toBeGreaterThanOrEqual(400);
      });
    });

    describe("a blocking query", () => {
      const isSettled = async (promise: Promise<unknown>) =>
        (await Promise.race([promise, call("GET", "/v1/agent/self").then(() => pending)])) !== pending;
      const pending = Symbol("pending");

      test("is answered at once when there is something newer", async () => {
        const name = newName();
        await register({ name });
        const { index } = await health(name);
        expect((await health(name, `index=${index - 1}&wait=10m`)).index).toBe(index);
      });

      test("wakes when its service changes", async () => {
        const name = newName();
        await register({ name, id: `${name}@1` });
        const { index } = await health(name);
        const waiting = health(name, `index=${index}&wait=1m`);
        await register({ name, id: `${name}@2` });
        const woken = await waiting;
        expect(woken.value).toHaveLength(2);
        expect(woken.index).toBeGreaterThan(index);
      });

      test("wakes when the first instance comes", async () => {
        const name = newName();
        const { index } = await health(name);
        const waiting = until(name, (found) => found.length === 1);
        expect(index).toBeGreaterThan(0);
        await register({ name });
        expect(await waiting).toHaveLength(1);
      });

      test("wakes when the last instance goes", async () => {
        const name = newName();
        const id = await register({ name });
        const { index } = await health(name);
        const waiting = health(name, `index=${index}&wait=1m`);
        await consul.agent.service.deregister(id);
        expect(await waiting).toMatchObject({ value: [] });
        expect((await waiting).index).toBeGreaterThan(index);
      });

      test("wakes when a check of its service turns", async () => {
        const name = newName();
        await register({ name, check: { ttl: "1h" } });
        const { index } = await health(name);
        const waiting = health(name, `passing&index=${index}&wait=1m`);
        await consul.agent.check.pass(`service:${name}`);
        expect((await waiting).value).toHaveLength(1);
      });

      test("ends with the same index when nothing changes", async () => {
        const name = newName();
        await register({ name });
        const { index } = await health(name);
        expect((await health(name, `index=${index}&wait=100ms`)).index).toBe(index);
      });

      test.each(["/v1/health/service/", "/v1/catalog/service/"])(
        "of %s sleeps on while others change",
        async (path) => {
          const name = newName();
          const other = newName();
          await register({ name });
          const { index } = await read(`${path}${name}`);
          const waiting = read(`${path}${name}?index=${index}&wait=3s`);
          await register({ name: other, check: { ttl: "1h" } });
          await consul.agent.check.pass(`service:${other}`);
          await untilStatus(other, "passing");
          expect(await isSettled(waiting)).toBe(false);
          await consul.agent.service.deregister(other);
          expect((await waiting).index).toBe(index);
        },
      );

      test("serves the client's watch", async () => {
        const name = newName();
        const watch = consul.watch({
          method: consul.health.service as never,
          options: { service: name, passing: true, wait: "1m" } as never,
        });
        onTestFinished(() => watch.end());
        const seen = new Promise<unknown>((resolve, reject) => {
          watch.on("error", reject);
          watch.on("change", (found: unknown[]) => found.length > 0 && resolve(found));
        });
        await register({ name });
        expect(await seen).toHaveLength(1);
      });
    });

    describe("the node", () => {
      test("says who it is, and holds the checks of its services", async () => {
        const name = newName();
        await register({ name, check: { ttl: "1h" } });
        const self = (await consul.agent.self()) as { Config: Record<string, string> };
        const { NodeName, Datacenter, Version } = self.Config;
        expect(Version).toMatch(/^\d+\.\d+\.\d+/);
        expect(await consul.catalog.datacenters()).toContain(Datacenter);
        expect((await read<unknown[]>("/v1/catalog/nodes")).value).toContainEqual(
          expect.objectContaining({ Node: NodeName }),
        );
        const ids = (checks: { CheckID: string }[]) => checks.map((check) => check.CheckID);
        const ofNode = await read<{ CheckID: string }[]>(`/v1/health/node/${NodeName}`);
        expect(ids(ofNode.value)).toContain(`service:${name}`);
        const critical = await read<{ CheckID: string }[]>("/v1/health/state/critical");
        expect(ids(critical.value)).toContain(`service:${name}`);
        const passing = await read<{ CheckID: string }[]>("/v1/health/state/passing");
        expect(ids(passing.value)).not.toContain(`service:${name}`);
      });

      test("leads itself", async () => {
        const leader = await consul.status.leader();
        expect(await consul.status.peers()).toEqual([leader]);
      });
    });

    describe("a key", () => {
      async function newKey(value?: string) {
        const key = `${newName()}/a`;
        cleanups.push(() => consul.kv.del({ key: key.slice(0, -1), recurse: true }));
        if (value !== undefined) await consul.kv.set(key, value);
        return key;
      }

      test("holds a value and flags", async () => {
        const key = await newKey();
        expect(await consul.kv.set({ key, value: "grüß", flags: 42 })).toBe(true);
        expect(await consul.kv.get(key)).toMatchObject({ Key: key, Value: "grüß", Flags: 42 });
        expect(await (await call("GET", `/v1/kv/${key}?raw`)).text()).toBe("grüß");
      });

      test("that is not there is answered 404 with an index", async () => {
        const response = await call("GET", `/v1/kv/${await newKey()}`);
        expect(response.status).toBe(404);
        expect(Number(response.headers.get("x-consul-index"))).toBeGreaterThan(0);
      });

      test("is written with cas only by who knows its index", async () => {
        const key = await newKey();
        expect(await consul.kv.set({ key, value: "1", cas: 0 })).toBe(true);
        expect(await consul.kv.set({ key, value: "2", cas: 0 })).not.toBe(true);
        const { ModifyIndex } = (await consul.kv.get(key)) as { ModifyIndex: number };
        expect(await consul.kv.set({ key, value: "2", cas: ModifyIndex })).toBe(true);
        expect(await consul.kv.del({ key, cas: ModifyIndex })).not.toBe(true);
        expect(await consul.kv.get(key)).toMatchObject({ Value: "2" });
      });

      test("is found under its prefix, and the folder by a separator", async () => {
        const key = await newKey("1");
        const folder = key.slice(0, -1);
        await consul.kv.set(`${folder}b/c`, "2");
        expect(await consul.kv.keys(folder)).toEqual([key, `${folder}b/c`]);
        expect(await consul.kv.keys({ key: folder, separator: "/" })).toEqual([key, `${folder}b/`]);
        expect(await consul.kv.get({ key: folder, recurse: true })).toHaveLength(2);
      });

      test("is gone once deleted, alone or with its folder", async () => {
        const key = await newKey("1");
        await consul.kv.set(`${key}b`, "2");
        expect(await consul.kv.del(key)).toBe(true);
        expect(await consul.kv.get(key)).toBeFalsy();
        await consul.kv.del({ key, recurse: true });
        expect(await consul.kv.get(`${key}b`)).toBeFalsy();
      });

      test("wakes who waits for it: changed or deleted", async () => {
        const key = await newKey("1");
        const at = async () => Number((await call("GET", `/v1/kv/${key}`)).headers.get("x-consul-index"));
        const wait = (index: number) => call("GET", `/v1/kv/${key}?index=${index}&wait=1m`);
        const changed = wait(await at());
        await consul.kv.set(key, "2");
        expect(await (await changed).json()).toMatchObject([{ Value: Buffer.from("2").toString("base64") }]);
        const deleted = wait(await at());
        await consul.kv.del(key);
        expect((await deleted).status).toBe(404);
      });

      test("wakes who waits for its folder: the first that comes, a change, another, the last that goes", async () => {
        const key = await newKey();
        const folder = key.slice(0, -1);
        const under = async (query = "") => {
          const response = await call("GET", `/v1/kv/${folder}?recurse${query}`);
          const entries = response.status === 404 ? [] : ((await response.json()) as { Key: string; Value: string }[]);
          return {
            values: entries.map(({ Value }) => Buffer.from(Value, "base64").toString()),
            index: Number(response.headers.get("x-consul-index")),
          };
        };
        let seen = await under();
        expect(seen.values).toEqual([]);
        const next = async (change: () => Promise<unknown>, wanted: string[]) => {
          const { index } = seen;
          const follow = async () => {
            do seen = await under(`&index=${seen.index}&wait=20s`);
            while (seen.values.join() !== wanted.join());
          };
          await Promise.all([follow(), change()]);
          expect(seen.index).toBeGreaterThan(index);
        };
        await next(() => consul.kv.set(key, "1"), ["1"]);
        await next(() => consul.kv.set(key, "2"), ["2"]);
        await next(() => consul.kv.set(`${folder}b/c`, "3"), ["2", "3"]);
        await next(() => consul.kv.del(key), ["3"]);
        await next(() => consul.kv.del({ key: folder, recurse: true }), []);
      });

      test("that is written with the value it has does not change", async () => {
        const key = await newKey("1");
        const before = await consul.kv.get(key);
        await consul.kv.set(key, "1");
        expect(await consul.kv.get(key)).toEqual(before);
      });
    });
  });
});

describe("the embedded registry in its process", () => {
  test("names the port that another holds", async () => {
    const first = createRegistry({ port: 0 });
    await first.start(context);
    onTestFinished(() => first.stop());
    await expect(createRegistry({ port: first.port }).start(context)).rejects.toMatchObject({
      code: "failed_precondition",
      reason: "port_taken",
      message: expect.stringContaining(`127.0.0.1:${first.port}`),
    });
  });

  test("ends those who wait when it stops, and stops twice", async () => {
    const registry = createRegistry({ port: 0 });
    await registry.start(context);
    const waiting = fetch(`${registry.url}/v1/catalog/services?index=99&wait=10m`);
    const ended = expect(waiting).rejects.toThrow();
    await fetch(`${registry.url}/v1/status/leader`);
    await registry.stop();
    await registry.stop();
    await ended;
  });

  test("serves nobody beyond this machine", () => {
    expect(() => createRegistry({ host: "0.0.0.0" })).toThrow(/host must be a loopback address/);
  });

  test("refuses what it does not do rather than ignoring it", async () => {
    const registry = createRegistry({ port: 0 });
    await registry.start(context);
    onTestFinished(() => registry.stop());
    const filtered = await fetch(`${registry.url}/v1/health/service/x?filter=a`);
    expect([filtered.status, await filtered.text()]).toEqual([400, expect.stringContaining("filter")]);
  });
});

function isMaintenance(check: { readonly CheckID: string }): boolean {
  return check.CheckID.startsWith("_service_maintenance");
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
