import { describe, expect, it } from "vitest";
import { VastifyError } from "../../src/core/index.js";
import type { Seneca } from "../../src/dispatch/index.js";
import type { RabbitPart } from "../../src/messaging/index.js";
import type { Service, ServiceOptions } from "../support/framework.js";
import { amqpUrl, startRabbit } from "../support/messaging.js";
import { consulAddress, startGateway, startService, uniqueName, until } from "../support/services.js";

/** A service that can be called only through its queue. */
async function startHidden(name: string, more: Partial<ServiceOptions> = {}): Promise<Service> {
  const broker = await startRabbit();
  return startService({ name, microservice: false, callQueue: { broker }, ...more }, (service) => {
    service.add("cmd:who", (_message, reply) => reply(null, { by: service.instance, version: service.version }));
    service.add("cmd:fail", async () => {
      throw new VastifyError("failed_precondition", "not now", { reason: "not_now", details: { n: 7 } });
    });
    service.add("cmd:trace", (_message, reply, meta) => reply(null, { tx: (meta as { tx?: string }).tx }));
    service.add("cmd:slow", async () => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      return { by: service.instance };
    });
    service.add("cmd:hang", () => new Promise(() => {}));
  });
}

const startCaller = async (broker?: RabbitPart) =>
  startService({
    name: uniqueName("caller"),
    microservice: false,
    callQueue: { broker: broker ?? (await startRabbit()), serve: false },
  });

describe.skipIf(!amqpUrl || !consulAddress)("services that reach each other only through RabbitMQ", () => {
  it("are called by target and version, in turns, and give results and errors as ever", async () => {
    const $$target = uniqueName("hidden");
    const services = [await startHidden($$target), await startHidden($$target)];
    await startHidden($$target, { version: "2.0.0" });
    const caller = await startCaller();
    const seen = new Set<unknown>();
    await until(async () => {
      const { by, version } = (await caller.act({ $$target, $$version: "^1.0.0", cmd: "who" })) as never;
      expect(version).toBe("1.0.0");
      return seen.add(by).size === 2;
    }, "both have answered");
    expect([...seen].sort()).toEqual(services.map(({ instance }) => instance).sort());
    expect(await caller.act({ $$target, cmd: "who" })).toMatchObject({ version: "2.0.0" });
    await expect(caller.act({ $$target, cmd: "fail" })).rejects.toMatchObject({
      ...{ code: "failed_precondition", reason: "not_now", message: "not now", details: { n: 7 } },
    });
    await expect(caller.act({ $$target, cmd: "nothing" })).rejects.toMatchObject({ reason: "peer_no_pattern" });
    await expect(caller.act({ $$target, cmd: "hang" }, { timeoutMs: 100 })).rejects.toMatchObject({
      code: "deadline_exceeded",
    });
  });

  it("keep the trace", async () => {
    const $$target = uniqueName("hidden");
    await startHidden($$target);
    const caller = await startCaller();
    const tx = "0123456789abcdef0123456789abcdef";
    expect(await caller.act({ $$target, cmd: "trace" }, { tx })).toEqual({ tx });
  });

  it("leave without losing a call", async () => {
    const $$target = uniqueName("hidden");
    const [leaving, staying] = [await startHidden($$target), await startHidden($$target)];
    const caller = await startCaller();
    const calls: Promise<unknown>[] = [];
    let isOver = false;
    const load = (async () => {
      while (!isOver) {
        calls.push(caller.act({ $$target, cmd: "slow" }, { timeoutMs: 20_000 }));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    await until(() => calls.length > 40, "calls are under way");
    await leaving.stop();
    const after = calls.length;
    await until(() => calls.length > after + 20, "more calls");
    isOver = true;
    await load;
    const answers = (await Promise.all(calls)) as { by: string }[];
    expect(new Set(answers.slice(-5).map(({ by }) => by))).toEqual(new Set([staying.instance]));
  });

  it("are served by the gateway", async () => {
    const name = uniqueName("hidden");
    const broker = await startRabbit();
    const routes = { prefix: `/${name}`, pin: "cmd:*", map: { hello: { GET: true } } };
    const plugin = function hello(this: Seneca) {
      this.add("cmd:hello", async () => ({ hello: "you" }));
    };
    await startService({ name, microservice: false, callQueue: { broker }, modules: [{ plugin, routes }] });
    const gateway = await startGateway({ name: uniqueName("edge"), callQueue: { broker: await startRabbit() } });
    const answer = await until(async () => {
      const response = await fetch(`${gateway.addresses.http}/${name}/hello`);
      return response.status === 200 && ((await response.json()) as object);
    }, "the route is served");
    expect(answer).toEqual({ hello: "you" });
  });

  it("are called over their port where they have one, unless the caller says that it can't be reached", async () => {
    const $$target = uniqueName("both");
    const broker = await startRabbit();
    await startService({ name: $$target, callQueue: { broker } }, (service) =>
      service.add("cmd:who", (_message, reply) => reply(null, { by: service.instance })),
    );
    const [near, far] = [await startRabbit(), await startRabbit()];
    const start = (carrier: RabbitPart, prefer: boolean) =>
      startService({ name: uniqueName("caller"), callQueue: { broker: carrier, serve: false, prefer } });
    const [direct, queued] = [await start(near, false), await start(far, true)];
    await near.stop();
    expect(await direct.act({ $$target, cmd: "who" })).toMatchObject({ by: expect.stringContaining($$target) });
    expect(await queued.act({ $$target, cmd: "who" })).toMatchObject({ by: expect.stringContaining($$target) });
    await far.stop();
    await expect(queued.act({ $$target, cmd: "who" })).rejects.toMatchObject({ code: "unavailable" });
  });
});
