import { createServer, request as forwardTo } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { createService, type Service, silentLogger } from "../support/framework.js";
import { consulAddress, consulApi, startService, uniqueName, until } from "../support/services.js";

const whoAmI = (service: Service) => {
  service.add("cmd:who", (_message, reply) => reply(null, { version: service.version, instance: service.instance }));
};

async function who(
  caller: Service,
  $$target: string,
  $$version?: string,
): Promise<{ version: string; instance: string }> {
  return (await caller.act({ $$target, cmd: "who", ...($$version && { $$version }) })) as {
    version: string;
    instance: string;
  };
}

/** Registers what no service of ours would, and takes it out after the test. */
async function registerByHand(service: { id: string; name: string; port?: number; notes?: string }): Promise<void> {
  const { id, name, port = 1, notes } = service;
  const check = { ttl: "600s", status: "passing", ...(notes !== undefined && { notes }), name: "by hand" };
  await consulApi().agent.service.register({ id, name, address: "127.0.0.1", port, check } as never);
  onTestFinished(async () => {
    await consulApi().agent.service.deregister(id);
  });
}

it("fails at once while Consul was never reached", async () => {
  const service = createService({
    ...{ name: "lonely", version: "1.0.0", log: silentLogger, consul: { address: "127.0.0.1:1" } },
    startTimeoutMs: 60_000,
  });
  const starting = service.start().catch((error: unknown) => error);
  const failure = { code: "unavailable", reason: "registry_unreachable", details: { target: "nobody" } };
  const options = { timeoutMs: 30_000 };
  await expect(service.act({ $$target: "nobody", cmd: "x" }, options)).rejects.toMatchObject(failure);
  expect(await service.explain({ $$target: "nobody", cmd: "x" })).toBeTruthy();
  await service.stop();
  expect(await starting).toMatchObject({ code: "canceled" });
});

describe.skipIf(!consulAddress)("routing by Consul", () => {
  it("finds a service by its name, whole message included", async () => {
    const name = uniqueName("echo");
    await startService({ name }, (service) =>
      service.add("cmd:echo", (message, reply) => reply(null, { got: message.text })),
    );
    const caller = await startService({ name: uniqueName("caller") });
    expect(await caller.act({ $$target: name, cmd: "echo", text: "你好" })).toEqual({ got: "你好" });
  });

  it("reaches the version asked for: exact, a range, or the newest stable one", async () => {
    const name = uniqueName("versions");
    for (const version of ["1.0.0", "1.4.0", "2.0.0", "3.0.0-beta.1"]) await startService({ name, version }, whoAmI);
    const caller = await startService({ name: uniqueName("caller") });
    await until(async () => (await who(caller, name, "3.0.0-beta.1")).version, "all versions seen");

    expect((await who(caller, name, "1.0.0")).version).toBe("1.0.0");
    expect((await who(caller, name, "^1.1.0")).version).toBe("1.4.0");
    expect((await who(caller, name)).version).toBe("2.0.0");
    await expect(who(caller, name, "^4.0.0")).rejects.toMatchObject({
      code: "unavailable",
      reason: "no_version",
      message: expect.stringMatching(/\^4\.0\.0.*2\.0\.0/),
    });
  });

  it("spreads calls over the instances, follows one that comes and lets go of one that leaves", async () => {
    const name = uniqueName("many");
    const first = await startService({ name }, whoAmI);
    const caller = await startService({ name: uniqueName("caller") });
    expect((await who(caller, name)).instance).toBe(first.instance);

    const second = await startService({ name }, whoAmI);
    await until(async () => (await who(caller, name)).instance === second.instance, "the second is used");

    await first.stop();
    const answers = await Promise.all(Array.from({ length: 20 }, () => who(caller, name)));
    expect(new Set(answers.map(({ instance }) => instance))).toEqual(new Set([second.instance]));
  });

  it("is not hurt by instances with broken Notes", async () => {
    const name = uniqueName("mixed");
    await registerByHand({ id: `${name}@no-notes`, name });
    await registerByHand({ id: `${name}@not-json`, name, notes: "{" });
    await registerByHand({ id: `${name}@bad-port`, name, notes: '{"$$version":"1.0.0","$$microservicePort":"x"}' });
    await startService({ name }, whoAmI);
    const warnings: string[] = [];
    const log = { debug() {}, info() {}, error() {}, warn: (message: string) => warnings.push(message) };
    const caller = await startService({ name: uniqueName("caller"), log });

    const answers = await Promise.all(Array.from({ length: 10 }, () => who(caller, name)));
    expect(answers).toHaveLength(10);
    for (const id of ["no-notes", "not-json", "bad-port"]) {
      expect(warnings.filter((warning) => warning.includes(`${name}@${id}`))).toHaveLength(1);
    }
  });

  it("reads entries of 2018, whose name is their id", async () => {
    const name = uniqueName("old");
    const modern = await startService({ name: uniqueName("modern") }, whoAmI);
    const port = Number(modern.addresses.microservice?.split(":")[1]);
    const notes = JSON.stringify({ $$version: "1.0.0", $$microservicePort: port });
    await registerByHand({ id: `${name}@1`, name: `${name}@1`, notes });
    const caller = await startService({ name: uniqueName("caller") });
    await until(async () => (await who(caller, name)).instance === modern.instance, "the old entry is found");
  });

  it("says which of these it was: no target, no instance, no pattern, no calls, too late", async () => {
    const name = uniqueName("failing");
    const service = await startService({ name }, (one) => one.add("cmd:never", () => new Promise(() => {})));
    const caller = await startService({ name: uniqueName("caller") });

    await expect(caller.act({ $$target: uniqueName("nobody") })).rejects.toMatchObject({
      code: "not_found",
      reason: "no_target",
    });
    await expect(caller.act({ $$target: name, cmd: "x" })).rejects.toMatchObject({
      code: "not_found",
      reason: "peer_no_pattern",
    });
    await expect(caller.act({ $$target: name, cmd: "never" }, { timeoutMs: 200 })).rejects.toMatchObject({
      code: "deadline_exceeded",
    });
    await expect(caller.act({ $$target: name, $$version: "newest" })).rejects.toMatchObject({ reason: "bad_version" });
    await service.stop();
    await until(
      () =>
        caller
          .act({ $$target: name, cmd: "x" })
          .catch((error) => error.code === "unavailable" && error.reason === "no_instances"),
      "no instance alive",
    );
  });

  it("asks Consul only about names that are registered, and finds a target that comes later", async () => {
    const asked = new Set<string>();
    const proxy = createServer((request, response) => {
      const [path = ""] = (request.url ?? "").split("?");
      if (path.startsWith("/v1/health/service/")) asked.add(path.slice("/v1/health/service/".length));
      const forward = { method: request.method, headers: request.headers, path: request.url };
      const onward = forwardTo(`http://${consulAddress}`, forward, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      onward.on("error", () => response.destroy());
      response.on("close", () => onward.destroy());
      request.pipe(onward);
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    onTestFinished(async () => {
      proxy.closeAllConnections();
      await new Promise((resolve) => proxy.close(resolve));
    });
    const address = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const caller = await startService({ name: uniqueName("caller"), consul: { address } });
    const later = uniqueName("later");
    // So many that the first of them is forgotten meanwhile.
    const names = [later, ...Array.from({ length: 120 }, () => uniqueName("nope"))];
    for (const $$target of names) await expect(caller.act({ $$target })).rejects.toMatchObject({ reason: "no_target" });
    await expect(caller.act({ $$target: "no such/name" })).rejects.toMatchObject({ reason: "bad_target" });
    expect([...asked].filter((name) => names.includes(name))).toEqual([]);

    const service = await startService({ name: later }, whoAmI);
    await until(async () => (await who(caller, later)).instance === service.instance, "the one that came is called");
    expect([...asked].filter((name) => names.includes(name))).toEqual([later]);
  });

  it("passes over an instance that can't be reached and tries another", async () => {
    const name = uniqueName("half");
    const alive = await startService({ name }, whoAmI);
    await registerByHand({ id: `${name}@dead`, name, notes: '{"$$version":"1.0.0","$$microservicePort":1}' });
    const caller = await startService({ name: uniqueName("caller") });
    const answers = await Promise.all(Array.from({ length: 20 }, () => who(caller, name)));
    expect(new Set(answers.map(({ instance }) => instance))).toEqual(new Set([alive.instance]));
  });

  it("carries the trace id and the error of a far action back through every process", async () => {
    const [inner, outer] = [uniqueName("inner"), uniqueName("outer")];
    await startService({ name: inner }, (service) => {
      service.add("cmd:trace", function (_message, reply) {
        reply(null, { tx: this.fixedargs.tx$ });
      });
      service.add("cmd:fail", () => {
        throw new Error("password=secret");
      });
    });
    await startService({ name: outer }, (service) =>
      service.add("pass:on", async function (message) {
        return this.post({ $$target: inner, cmd: message.cmd });
      }),
    );
    const caller = await startService({ name: uniqueName("caller") });
    expect(await caller.act({ $$target: outer, pass: "on", cmd: "trace" }, { tx: "trace-7" })).toEqual({
      tx: "trace-7",
    });
    const failure = caller.act({ $$target: outer, pass: "on", cmd: "fail" }, { tx: "trace-8" });
    await expect(failure).rejects.toMatchObject({ code: "internal", message: expect.stringContaining("trace-8") });
    await expect(failure).rejects.not.toMatchObject({ message: expect.stringContaining("secret") });
  });
});
