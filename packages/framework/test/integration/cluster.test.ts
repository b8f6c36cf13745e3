import { describe, expect, it } from "vitest";
import { freePort, startWorkCluster } from "../support/processes.js";
import { consulAddress, consulApi, startService, uniqueName, until } from "../support/services.js";

describe.skipIf(!consulAddress)("two workers of a cluster", () => {
  it("are two instances, each at ports of its own, and share the HTTP port of their options", async () => {
    const name = uniqueName("clustered");
    const port = await freePort();
    const workers = await startWorkCluster(2, { name, http: { port }, microservice: { port: await freePort() } });
    const pids = new Set(workers.map(({ pid }) => pid));
    expect(pids.size).toBe(2);

    const services = Object.values(await consulApi().agent.service.list());
    const registered = services.filter(({ Service }) => Service === name);
    const own = workers.map(({ instance, addresses }) => [instance, Number(new URL(addresses.http).port)]);
    expect(registered.map(({ ID, Port }) => [ID, Port]).sort()).toEqual(own.sort());
    for (const { pid, addresses } of workers) {
      expect(await (await fetch(`${addresses.http}/work/now`)).json()).toEqual({ pid });
    }

    const caller = await startService({ name: uniqueName("caller") });
    const called = await Promise.all([1, 2, 3, 4].map(() => caller.act({ $$target: name, work: "now" })));
    expect(new Set(called.map((answer) => (answer as { pid: number }).pid))).toEqual(pids);

    const answered = new Set<number>();
    await until(async () => {
      // Over a new connection each, as these are what a cluster hands out in turn.
      const answer = await fetch(`http://127.0.0.1:${port}/work/now`, { headers: { connection: "close" } });
      answered.add(((await answer.json()) as { pid: number }).pid);
      return answered.size === 2;
    }, "both serve the shared port");
    expect(answered).toEqual(pids);
  });

  it("live and die apart: one is killed, the other serves on", async () => {
    const name = uniqueName("clustered");
    const port = await freePort();
    const consul = { address: consulAddress, checkIntervalSeconds: 1 };
    const [killed, other] = await startWorkCluster(2, { name, http: { port }, consul });
    if (!killed || !other) throw new Error("two workers were asked for");
    const caller = await startService({ name: uniqueName("caller") });
    process.kill(killed.pid, "SIGKILL");

    await until(async () => {
      const passing = await consulApi().health.service({ service: name, passing: true });
      return passing.length === 1 && passing[0]?.Service.ID === other.instance;
    }, "the killed one is critical");
    expect(await caller.act({ $$target: name, work: "now" }, { idempotent: true })).toEqual({ pid: other.pid });
    expect(await (await fetch(`http://127.0.0.1:${port}/work/now`)).json()).toEqual({ pid: other.pid });
  });

  it("without a fixed HTTP port share none", async () => {
    const workers = await startWorkCluster(2, { name: uniqueName("clustered") });
    expect(new Set(workers.map(({ addresses }) => addresses.http)).size).toBe(2);
  });

  it("leave apart: who asks the shared port meets nobody who has gone", async () => {
    const name = uniqueName("clustered");
    const port = await freePort();
    const [leaving, other] = await startWorkCluster(2, { name, http: { port }, drain: { noticeMs: 100 } });
    if (!leaving || !other) throw new Error("two workers were asked for");
    process.kill(leaving.pid, "SIGTERM");
    let isGone = false;
    const failures: string[] = [];
    const client = async () => {
      for (let more = 50; more > 0; more -= isGone ? 1 : 0) {
        const answer = await fetch(`http://127.0.0.1:${port}/work/now`, { headers: { connection: "close" } }).catch(
          String,
        );
        if (typeof answer === "string" || answer.status !== 200) failures.push(String(answer));
        isGone ||= !isAlive(leaving.pid);
      }
    };
    await Promise.all([client(), client(), client(), client()]);
    expect(failures).toEqual([]);
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
