import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePort, type RunningConsul, startConsul } from "@vastify/backends";
import { describe, expect, it, onTestFinished } from "vitest";
import { connectConsul, createDirectory } from "../../src/discovery/index.js";
import type { Service } from "../support/framework.js";
import { consulAddress, consulApi, startGateway, startService, uniqueName, until } from "../support/services.js";

/** A Consul of the test's own, to do harm to. */
async function ownConsul(): Promise<RunningConsul> {
  const consul = await startConsul();
  onTestFinished(() => consul.stop());
  return consul;
}

/** Takes Consul's place at its port. */
async function replaceConsul(consul: RunningConsul, answer: RequestListener): Promise<() => Promise<void>> {
  await consul.stop();
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(consul.port, "127.0.0.1", resolve));
  const end = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  onTestFinished(end);
  return end;
}

/** As Consul answers a token that may read nothing: empty lists, and no error. */
const nothingAtAll: RequestListener = (request, response) => {
  const isList = request.url?.startsWith("/v1/health/service/");
  const isKey = request.url?.startsWith("/v1/kv/");
  response.writeHead(isKey ? 404 : 200, { "content-type": "application/json", "x-consul-index": "9" });
  setTimeout(() => response.end(isKey ? "" : isList ? "[]" : "{}"), 20);
};

const whoAmI = (service: Service) =>
  service.add("cmd:who", (_message, reply) => reply(null, { instance: service.instance }));

/** Several instances of one target and a caller that has called them, all with a Consul of their own. */
async function startSystem(consul: RunningConsul, count = 2) {
  const name = uniqueName("stable");
  const options = { name, consul: { address: consul.httpAddr } };
  const services: Service[] = [];
  for (let number = 0; number < count; number++) services.push(await startService(options, whoAmI));
  const caller = await startService({ ...options, name: uniqueName("caller") });
  const call = async () => ((await caller.act({ $$target: name, cmd: "who" })) as { instance: string }).instance;
  const calledNow = async () => new Set(await Promise.all(Array.from({ length: 10 * count }, call)));
  await until(async () => (await calledNow()).size === count, "all instances are called");
  return { name, services, caller, call, calledNow };
}

async function registryOf(service: Service): Promise<Record<string, unknown>> {
  const body = (await (await fetch(`${service.addresses.http}/health`)).json()) as { registry: never };
  return body.registry;
}

/** Calls without a pause, until told to stop; gives how many calls there were, and the first failure. */
function keepCalling(call: () => Promise<unknown>) {
  let isOn = true;
  let calls = 0;
  const loop = (async () => {
    while (isOn) {
      await call();
      calls += 1;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  loop.catch(() => {});
  return async () => {
    isOn = false;
    await loop;
    return calls;
  };
}

describe.skipIf(!consulAddress)("when Consul", () => {
  it("is gone, calls go on and /health says so, still ready", async () => {
    const consul = await ownConsul();
    const { caller, calledNow } = await startSystem(consul);
    expect(await registryOf(caller)).toEqual({ reachable: true, source: "consul", unlisted: 0, unlistedSettings: 0 });
    await consul.stop();
    await until(async () => (await registryOf(caller)).reachable === false, "the outage is seen");
    expect((await calledNow()).size).toBe(2);
    expect(await registryOf(caller)).toEqual({
      ...{ reachable: false, source: "consul", unlisted: 0, unlistedSettings: 0 },
      unreachableMs: expect.any(Number),
    });
    expect((await fetch(`${caller.addresses.http}/health`)).status).toBe(200);
  });

  it("restarts empty, calls go on and everybody is registered again", async () => {
    const consul = await ownConsul();
    const { services, caller, call, calledNow } = await startSystem(consul, 3);
    const stopCalling = keepCalling(call);
    await consul.restart();
    await until(async () => {
      const registered = await consulApi(consul.httpAddr).agent.service.list();
      return [...services, caller].every(({ instance }) => instance in registered);
    }, "all are registered again");
    await until(async () => {
      const { reachable, unlisted } = await registryOf(caller);
      return reachable === true && unlisted === 0;
    }, "all are listed again");
    expect(await stopCalling()).toBeGreaterThan(0);
    expect(await calledNow()).toEqual(new Set(services.map(({ instance }) => instance)));
  });

  it("restarts empty, the gateway serves on", async () => {
    const consul = await ownConsul();
    const options = { name: uniqueName("shop"), consul: { address: consul.httpAddr } };
    const prefix = `/${options.name}`;
    const plugin = function shop(this: Service["seneca"]) {
      this.add("module:shop,if:list", (_message, reply) => reply(null, { goods: [] }));
    };
    const routes = { prefix, pin: "module:shop,if:*", map: { list: { GET: true, name: "" } } };
    const service = await startService({ ...options, modules: [{ plugin, routes }] });
    const gateway = await startGateway({ ...options, name: uniqueName("gateway") });
    const get = async () => {
      const { status } = await fetch(`${gateway.addresses.http}${prefix}`);
      if (status !== 200) throw new Error(`the gateway answered ${status}`);
      return true;
    };
    await until(get, "the gateway serves the route");
    const stopCalling = keepCalling(get);
    await consul.restart();
    await until(
      async () => service.instance in (await consulApi(consul.httpAddr).agent.service.list()),
      "the service is registered again",
    );
    await until(async () => (await registryOf(gateway)).unlisted === 0, "it is listed again");
    expect(await stopCalling()).toBeGreaterThan(0);
  });

  it("answers nonsense, calls go on, and it is as good as away", async () => {
    const consul = await ownConsul();
    const { caller, calledNow } = await startSystem(consul);
    const end = await replaceConsul(consul, (_request, response) => {
      response.writeHead(200, { "content-type": "text/html", "x-consul-index": "7" }).end("<h1>It works!</h1>");
    });
    await until(async () => (await registryOf(caller)).reachable === false, "the nonsense is seen");
    expect((await calledNow()).size).toBe(2);
    await end();
    await consul.restart();
    await until(async () => (await registryOf(caller)).reachable === true, "Consul is back");
  });

  it("lists nothing any more, the living are called and the dead are not", async () => {
    const consul = await ownConsul();
    const { name, services, caller, calledNow } = await startSystem(consul);
    const notes = JSON.stringify({ $$version: "1.0.0", $$microservicePort: await findFreePort() });
    const check = { ttl: "600s", status: "passing", notes, name: "by hand" };
    const dead = { id: `${name}@dead`, name, address: "127.0.0.1", port: await findFreePort(), check };
    await consulApi(consul.httpAddr).agent.service.register(dead as never);
    const directory = createDirectory({ consul: connectConsul({ address: consul.httpAddr }) });
    directory.start();
    onTestFinished(() => directory.stop());
    const followed = directory.follow(name);
    await until(() => followed.instances.length === 3, "all are listed");

    await replaceConsul(consul, nothingAtAll);
    await until(() => directory.health().unlisted === 2, "the dead one is dropped, the others are kept");
    expect(followed.instances.map(({ id }) => id).toSorted()).toEqual(
      services.map(({ instance }) => instance).toSorted(),
    );
    await until(async () => (await registryOf(caller)).unlisted === 2, "the caller keeps them too");
    expect(await calledNow()).toEqual(new Set(services.map(({ instance }) => instance)));

    await services[0]?.stop();
    await until(async () => (await registryOf(caller)).unlisted === 1, "the one that left is dropped too");
    expect(await calledNow()).toEqual(new Set([services[1]?.instance]));
  });

  it("lists nothing any more, a plain Seneca peer is judged by its microservice port", async () => {
    const consul = await ownConsul();
    const name = uniqueName("plain");
    const modern = await startService({ name: uniqueName("modern"), consul: { address: consul.httpAddr } }, whoAmI);
    const port = Number(modern.addresses.microservice?.split(":")[1]);
    const notes = JSON.stringify({ $$version: "1.0.0", $$microservicePort: port });
    const check = { ttl: "600s", status: "passing", notes, name: "by hand" };
    const plain = { id: `${name}@1`, name: `${name}@1`, address: "127.0.0.1", port: await findFreePort(), check };
    await consulApi(consul.httpAddr).agent.service.register(plain as never);
    const caller = await startService({ name: uniqueName("caller"), consul: { address: consul.httpAddr } });
    const call = () => caller.act({ $$target: name, cmd: "who" });
    await until(call, "the plain peer is called");

    await replaceConsul(consul, nothingAtAll);
    await until(async () => (await registryOf(caller)).unlisted === 1, "it is not listed any more");
    expect(await call()).toEqual({ instance: modern.instance });
    await modern.stop();
    await until(async () => (await registryOf(caller)).unlisted === 0, "it is dropped");
    await expect(call()).rejects.toMatchObject({ reason: "no_instances" });
  });

  it("is not there at the start, a snapshot is", async () => {
    const folder = await mkdtemp(join(tmpdir(), "vastify-snapshot-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const snapshot = join(folder, "routing.json");
    const consul = await ownConsul();
    const { name, services, call } = await startSystem(consul);
    const canary = await startService({ name, version: "1.1.0", consul: { address: consul.httpAddr } }, whoAmI);
    const rules = JSON.stringify({ weights: { "1.0.0": 100, "1.1.0": 0 } });
    await consulApi(consul.httpAddr).kv.set(`vastify/routes/${name}`, rules);
    const options = { name: uniqueName("cold"), consul: { address: consul.httpAddr }, routing: { snapshot } };
    const before = await startService(options);
    await before.act({ $$target: name, cmd: "who" });
    await until(async () => {
      const saved = await readFile(snapshot, "utf8");
      return [...services, canary].every(({ instance }) => saved.includes(instance)) && saved.includes("weights");
    }, "it is saved");
    await before.stop();
    await consul.stop();

    const cold = await startService(options);
    for (let number = 0; number < 20; number++)
      expect(services.map(({ instance }) => ({ instance }))).toContainEqual(
        await cold.act({ $$target: name, cmd: "who" }),
      );
    expect(await registryOf(cold)).toMatchObject({
      ...{ reachable: false, source: "snapshot", unlisted: 0 },
      snapshotAgeMs: expect.any(Number),
    });
    expect((await fetch(`${cold.addresses.http}/health`)).status).toBe(200);

    const stopCalling = keepCalling(() => cold.act({ $$target: name, cmd: "who" }));
    await consul.restart();
    const api = consulApi(consul.httpAddr);
    await until(async () => cold.instance in (await api.agent.service.list()), "it is registered when Consul comes");
    await until(async () => (await registryOf(cold)).source === "consul", "Consul is believed again");
    await stopCalling();
    expect(await call()).toBeTruthy();
  });

  it("is not there at the start, and no snapshot either, the start fails as it did", async () => {
    const address = `127.0.0.1:${await findFreePort()}`;
    await expect(
      startService({ name: uniqueName("cold"), consul: { address }, startTimeoutMs: 500 }),
    ).rejects.toMatchObject({ code: "deadline_exceeded" });
  });
});

describe.skipIf(!consulAddress)("an instance", () => {
  it("that is the only one and leaves is gone within moments, from the gateway too", async () => {
    const name = uniqueName("only");
    const service = await startService({ name }, whoAmI);
    const caller = await startService({ name: uniqueName("caller") });
    const call = () => caller.act({ $$target: name, cmd: "who" });
    const gateway = await startGateway({ name: uniqueName("gateway") });
    await until(call, "it is called");
    await service.stop();
    await until(() => call().catch(({ reason }) => reason === "no_instances"), "nobody is alive");
    await until(async () => (await registryOf(gateway)).unlisted === 0, "the gateway keeps nobody");
    expect(await registryOf(caller)).toMatchObject({ reachable: true, unlisted: 0 });
  });

  it("that an operator puts under maintenance is not called, though it answers", async () => {
    const name = uniqueName("repaired");
    const [first, second] = [await startService({ name }, whoAmI), await startService({ name }, whoAmI)];
    const caller = await startService({ name: uniqueName("caller") });
    const calledNow = async () =>
      new Set(
        (await Promise.all(Array.from({ length: 20 }, () => caller.act({ $$target: name, cmd: "who" })))).map(
          (answer) => (answer as { instance: string }).instance,
        ),
      );
    await until(async () => (await calledNow()).size === 2, "both are called");
    await consulApi().agent.service.maintenance({ id: first.instance, enable: true, reason: "repairs" });
    await until(async () => (await calledNow()).size === 1, "one is called no more");
    expect(await calledNow()).toEqual(new Set([second.instance]));
    expect(await registryOf(caller)).toMatchObject({ unlisted: 0 });
    await consulApi().agent.service.maintenance({ id: first.instance, enable: false });
    await until(async () => (await calledNow()).size === 2, "both are called again");
  });
});
