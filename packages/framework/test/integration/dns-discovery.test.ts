import { describe, expect, it } from "vitest";
import { type DnsServer, type Place, serviceName, startDns } from "../support/dns-server.js";
import { type Service, type ServiceOptions, silentLogger } from "../support/framework.js";
import { freePort, startWorkProcess } from "../support/processes.js";
import { startGateway, startService, uniqueName, until } from "../support/services.js";

/** How to find others by this server. */
function by({ address }: DnsServer, more: Partial<NonNullable<ServiceOptions["dns"]>> = {}) {
  return { name: serviceName, servers: [address], refreshMs: 1_000, ...more };
}

function placeOf({ addresses }: { addresses: { readonly http?: string } }): Place {
  const { hostname, port } = new URL(addresses.http ?? "");
  return { host: hostname, port: Number(port) };
}

const startCaller = (dns: DnsServer) => startService({ name: uniqueName("caller"), dns: by(dns) });

/** The process that answered. */
async function call(caller: Service, $$target: string): Promise<number> {
  return ((await caller.act({ $$target, work: "now" }, { idempotent: true })) as { pid: number }).pid;
}

async function instancesOf(caller: Service, $$target: string): Promise<readonly string[]> {
  return (await caller.explain({ $$target })).route?.candidates.map(({ id }) => id) ?? [];
}

const seen = (caller: Service, target: string, count: number) =>
  until(async () => (await instancesOf(caller, target)).length === count, `${count} of ${target}`);

describe("services found by DNS, without Consul", () => {
  it("are called where DNS says that they are, as they come and leave", async () => {
    const dns = await startDns();
    const name = uniqueName("work");
    const first = await startWorkProcess({ name, dns: by(dns) });
    dns.tell(name, [placeOf(first)]);
    const caller = await startCaller(dns);
    expect(await call(caller, name)).toBe(first.pid);
    const second = await startWorkProcess({ name, dns: by(dns) });
    dns.tell(name, [placeOf(first), placeOf(second)]);
    await seen(caller, name, 2);
    expect((await instancesOf(caller, name)).toSorted()).toEqual([first.instance, second.instance].toSorted());
    // It says itself that it leaves, while DNS still names it.
    first.process.kill("SIGTERM");
    await until(async () => {
      expect([first.pid, second.pid]).toContain(await call(caller, name));
      return (await instancesOf(caller, name)).join() === second.instance;
    }, "the first has left");
    expect(await call(caller, name)).toBe(second.pid);
  });

  it("are passed over when they die, before and after DNS knows", async () => {
    const dns = await startDns();
    const name = uniqueName("work");
    const [first, second] = await Promise.all([1, 2].map(() => startWorkProcess({ name, dns: by(dns) })));
    if (!first || !second) throw new Error("two were started");
    dns.tell(name, [placeOf(first), placeOf(second)]);
    const caller = await startCaller(dns);
    await seen(caller, name, 2);
    first.process.kill("SIGKILL");
    // One that was sent before the end of the process was known is tried again elsewhere.
    for (let calls = 0; calls < 20; calls++) expect([first.pid, second.pid]).toContain(await call(caller, name));
    await seen(caller, name, 1);
    dns.tell(name, [placeOf(second)]);
    expect(await call(caller, name)).toBe(second.pid);
  });

  it("are unknown where the name does not exist, until it does", async () => {
    const dns = await startDns();
    const name = uniqueName("work");
    const caller = await startCaller(dns);
    await expect(call(caller, name)).rejects.toMatchObject({ code: "not_found", reason: "no_target" });
    const work = await startWorkProcess({ name, dns: by(dns) });
    dns.tell(name, [placeOf(work)]);
    expect(await until(() => call(caller, name), "it is found")).toBe(work.pid);
  });

  it("are asked for no longer when many other names were made up since", async () => {
    const dns = await startDns();
    const caller = await startCaller(dns);
    const madeUp = Array.from({ length: 101 }, (_, at) => uniqueName(`made-up-${at}`));
    for (const name of madeUp)
      await expect(call(caller, name)).rejects.toMatchObject({ code: "not_found", reason: "no_target" });
    const [first = "", ...others] = madeUp;
    const before = dns.timesAsked(first);
    const isStillAskedFor = (name: string) => dns.timesAsked(name) >= before + 3;
    await until(() => others.every(isStillAskedFor), "the others are still asked for");
    // A question may have been on its way.
    expect(dns.timesAsked(first)).toBeLessThanOrEqual(before + 1);
  });

  it("stay in use while DNS fails, is silent, or forgets all of them", async () => {
    const dns = await startDns();
    const name = uniqueName("work");
    const work = await startWorkProcess({ name, dns: by(dns) });
    dns.tell(name, [placeOf(work)]);
    const caller = await startCaller(dns);
    expect(await call(caller, name)).toBe(work.pid);
    const health = async () =>
      (await (await fetch(`${caller.addresses.http}/health`)).json()) as { registry: { unlisted: number } };
    for (const how of ["badly", "never"] as const) {
      dns.behave(how);
      await until(async () => "unreachableMs" in (await health()).registry, `DNS behaves ${how}`);
      expect(await call(caller, name)).toBe(work.pid);
      dns.behave("well");
      await until(async () => !("unreachableMs" in (await health()).registry), "DNS answers again");
    }
    dns.tell(name, []);
    await until(async () => (await health()).registry.unlisted === 1, "it is kept");
    expect(await call(caller, name)).toBe(work.pid);
    work.process.kill("SIGKILL");
    await seen(caller, name, 0);
    await expect(call(caller, name)).rejects.toMatchObject({ code: "unavailable", reason: "no_instances" });
  });

  it("are waited for when DNS is slow", async () => {
    const dns = await startDns();
    dns.behave("slowly");
    const name = uniqueName("work");
    const work = await startWorkProcess({ name, dns: by(dns) });
    dns.tell(name, [placeOf(work)]);
    expect(await call(await startCaller(dns), name)).toBe(work.pid);
  });

  it("are not taken for what another service is that has their address now", async () => {
    const dns = await startDns();
    const [wanted, other] = [uniqueName("work"), uniqueName("other")];
    const work = await startWorkProcess({ name: other, dns: by(dns) });
    dns.tell(wanted, [placeOf(work)]);
    const caller = await startCaller(dns);
    await expect(call(caller, wanted)).rejects.toMatchObject({ code: "unavailable", reason: "no_instances" });
  });

  it("may all have one HTTP port and addresses of their own", async () => {
    const dns = await startDns();
    const name = uniqueName("work");
    const port = await freePort();
    const asked = { name: "{target}.shop.test", port };
    const hosts = ["127.0.0.1", "127.0.0.2"];
    for (const host of hosts) await startWorkProcess({ name, host, http: { port }, dns: by(dns, asked) });
    dns.tell(
      name,
      hosts.map((host) => ({ host, port })),
    );
    const caller = await startService({ name: uniqueName("caller"), dns: by(dns, asked) });
    await seen(caller, name, 2);
  });

  it("are chosen by version, and refused as bad ones", async () => {
    const dns = await startDns();
    const name = uniqueName("work");
    const [older, newer] = await Promise.all(
      ["1.0.0", "1.1.0"].map((version) => startWorkProcess({ name, version, dns: by(dns) })),
    );
    if (!older || !newer) throw new Error("two were started");
    dns.tell(name, [placeOf(older), placeOf(newer)]);
    const caller = await startCaller(dns);
    await seen(caller, name, 2);
    expect(await call(caller, name)).toBe(newer.pid);
    expect(await caller.act({ $$target: name, $$version: "1.0.0", work: "now" })).toEqual({ pid: older.pid });
    await expect(caller.act({ $$target: name, $$version: "^2.0.0", work: "now" })).rejects.toMatchObject({
      reason: "no_version",
    });
  });
});

it("a gateway by DNS serves the targets that it is told, by asking them for their routes", async () => {
  const dns = await startDns();
  const name = uniqueName("work");
  const work = await startWorkProcess({ name, dns: by(dns) });
  dns.tell(name, [placeOf(work)]);
  const gateway = await startGateway({ name: uniqueName("gateway"), dns: by(dns, { targets: [name] }) });
  const reply = await fetch(`${gateway.addresses.http}/work/now`);
  expect([reply.status, await reply.json()]).toEqual([200, { pid: work.pid }]);
  work.process.kill("SIGKILL");
  const status = async () => (await fetch(`${gateway.addresses.http}/work/now`)).status;
  await until(async () => (await status()) === 503, "nobody serves it");
  const next = await startWorkProcess({ name, dns: by(dns) });
  dns.tell(name, [placeOf(next)]);
  await until(async () => (await status()) === 200, "it is served again");
});

it("a gateway by DNS that is told no targets says that it serves nothing", async () => {
  const told: string[] = [];
  const log = { ...silentLogger, warn: (message: string) => void told.push(message) };
  await startGateway({ name: uniqueName("gateway"), dns: by(await startDns()), log });
  expect(told).toEqual([expect.stringContaining("DISCOVERY_TARGETS")]);
});
