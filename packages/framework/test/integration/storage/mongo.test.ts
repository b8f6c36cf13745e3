import { Schema } from "mongoose";
import { describe, expect, it } from "vitest";
import { mongo } from "../../../src/storage/index.js";
import { silentLogger } from "../../support/framework.js";
import { mongoUri, startMongo, unaborted } from "../../support/mongo.js";

describe.skipIf(!mongoUri)("a mongoose connection as a part", () => {
  it("is healthy while it is connected, and can be stopped twice", async () => {
    const database = await startMongo();
    expect(database.health()).toEqual({ ok: true });
    await database.stop();
    await database.stop();
    expect(database.health()).toEqual({ ok: false });
  });

  it("ends its commands before it closes", async () => {
    const database = await startMongo();
    const things = database.connection.model("Thing", new Schema({ n: Number }));
    const writes = Array.from({ length: 20 }, (_, n) => things.create({ n }));
    await things.init();
    await new Promise((resolve) => setImmediate(resolve));
    const [, ...outcomes] = await Promise.allSettled([database.stop(), ...writes]);
    expect(outcomes.filter(({ status }) => status === "rejected")).toEqual([]);
  });

  it("tells slow commands without their values", async () => {
    const lines: unknown[] = [];
    const log = { ...silentLogger, warn: (...line: unknown[]) => void lines.push(line) };
    const database = await startMongo(undefined, { slowQueryMs: 0 }, log);
    await database.connection.collection("things").findOne({ name: "secret" });
    expect(lines).toContainEqual([
      expect.stringMatching(/^slow MongoDB command: find on things took \d+ ms$/),
      expect.objectContaining({ command: "find", collection: "things", filter: { name: "?" } }),
    ]);
    expect(JSON.stringify(lines)).not.toContain("secret");
  });
});

it("gives up waiting for a database when the start is given up", async () => {
  const lines: string[] = [];
  const log = { ...silentLogger, warn: (line: string) => void lines.push(line) };
  const part = mongo({ uri: "mongodb://me:secret@127.0.0.1:1/x", connectTimeoutMs: 50 });
  const start = part.start({ log, signal: AbortSignal.timeout(300) });
  await expect(start).rejects.toMatchObject({ code: "unavailable", reason: "database_unreachable" });
  expect(lines).toEqual([expect.stringContaining("mongodb://127.0.0.1:1/x did not answer")]);
});

it.each([[{ uri: "http://127.0.0.1" }], [{ uri: "mongodb://127.0.0.1", slowQueryMs: -1 }]])("refuses %o", (options) => {
  expect(() => mongo(options)).toThrow(expect.objectContaining({ reason: "bad_option" }));
});

it("can be stopped before it was started", async () => {
  await mongo({ uri: "mongodb://127.0.0.1:1" }).stop();
  expect(unaborted().aborted).toBe(false);
});
