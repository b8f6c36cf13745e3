import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { type Migration, migrations } from "../../../src/storage/index.js";
import { silentLogger } from "../../support/framework.js";
import { mongoUri, startMongo, unaborted } from "../../support/mongo.js";
import { until } from "../../support/services.js";

const context = () => ({ log: silentLogger, signal: unaborted() });

function migration(name: string, run: Migration["run"] = async () => {}) {
  return { name, run: vi.fn(run) };
}

describe.skipIf(!mongoUri)("migrations", () => {
  it("run in their order, once for all instances that start together", async () => {
    const { connection, dbName } = await startMongo();
    const connections = [connection, (await startMongo(dbName)).connection, (await startMongo(dbName)).connection];
    const story: string[] = [];
    const list = ["first", "second"].map((name) =>
      migration(name, async () => {
        await sleep(50);
        story.push(name);
      }),
    );
    await Promise.all(connections.map((each) => migrations(each, list).start(context())));
    expect(story).toEqual(["first", "second"]);
  });

  it("run only those that are new, after a later start", async () => {
    const { connection } = await startMongo();
    const [old, added] = [migration("old"), migration("added")];
    await migrations(connection, [old]).start(context());
    await migrations(connection, [old, added]).start(context());
    await migrations(connection, [added]).start(context());
    expect([old.run.mock.calls.length, added.run.mock.calls.length]).toEqual([1, 1]);
  });

  it("that fail keep the service from starting, and run again at the next start", async () => {
    const { connection } = await startMongo();
    const done = migration("done");
    const failing = migration("failing");
    failing.run.mockRejectedValueOnce(new Error("no index"));
    const part = () => migrations(connection, [done, failing]);
    await expect(part().start(context())).rejects.toThrow("no index");
    await part().start(context());
    expect([done.run.mock.calls.length, failing.run.mock.calls.length]).toEqual([1, 2]);
  });

  it("of a process that died go on in another once its lease is over", async () => {
    const { connection } = await startMongo();
    const record = { _id: "vastify_migrations", holder: "a dead process", until: new Date(Date.now() + 400) };
    await connection.collection<typeof record>("vastify_leases").insertOne(record);
    const waiting = migration("waiting");
    await migrations(connection, [waiting], { leaseMs: 400 }).start(context());
    expect(waiting.run).toHaveBeenCalledOnce();
  });

  it("keep their lease while they take long, and are told when they lost it", async () => {
    const { connection } = await startMongo();
    const leases = connection.collection<{ _id: string; holder: string; until: Date }>("vastify_leases");
    const leaseMs = 1_500;
    const slow = migration("slow", async (_, { signal }) => {
      const before = await leases.findOne({ _id: "vastify_migrations" });
      await until(
        async () => Number((await leases.findOne({ _id: "vastify_migrations" }))?.until) > Number(before?.until),
        "the lease was renewed",
      );
      await leases.updateOne({ _id: "vastify_migrations" }, { $set: { holder: "another", until: new Date(8e12) } });
      await until(() => signal.aborted, "it was told");
    });
    await expect(migrations(connection, [slow], { leaseMs }).start(context())).rejects.toMatchObject({
      reason: "lease_lost",
    });
    expect(await connection.collection("vastify_migrations").countDocuments()).toBe(0);
  });

  it("stop waiting for another when the start is given up", async () => {
    const { connection } = await startMongo();
    const record = { _id: "vastify_migrations", holder: "another", until: new Date(8e12) };
    await connection.collection<typeof record>("vastify_leases").insertOne(record);
    const start = migrations(connection, [migration("m")]).start({
      log: silentLogger,
      signal: AbortSignal.timeout(200),
    });
    await expect(start).rejects.toMatchObject({ code: "canceled" });
  });

  it("needs a name, since it would be forgotten without one and run again", async () => {
    const { connection } = await startMongo();
    const nameless = { run: async () => {} } as unknown as Migration;
    expect(() => migrations(connection, [nameless])).toThrow(expect.objectContaining({ reason: "bad_option" }));
  });

  it("can't have one name twice", async () => {
    const { connection } = await startMongo();
    expect(() => migrations(connection, [migration("m"), migration("m")])).toThrow(
      expect.objectContaining({ reason: "bad_option" }),
    );
  });
});
