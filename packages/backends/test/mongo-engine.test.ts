import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startMongoEngine } from "@vastify/backends";
import mongoose from "mongoose";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let dir: string;
const stops: Array<() => Promise<void>> = [];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "vastify-test-"));
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  await rm(dir, { recursive: true, force: true });
});

async function started() {
  const engine = await startMongoEngine({ dir });
  stops.push(engine.stop);
  return engine;
}

const userSchema = new mongoose.Schema(
  { name: { type: String, unique: true }, age: Number },
  { optimisticConcurrency: true },
);

async function usersAt(uri: string) {
  const connection = await mongoose.createConnection(uri, { dbName: "test" }).asPromise();
  stops.push(() => connection.close());
  const User = connection.model("User", userSchema);
  await User.init();
  return User;
}

describe.skipIf(!process.env.TEST_MONGODB_URI)("a started MongoDB engine", () => {
  it("serves mongoose: create, find, update, delete, aggregate, unique index, optimistic concurrency", async () => {
    const User = await usersAt((await started()).uri);
    const created = await User.create({ name: "ann", age: 30 });
    await User.create({ name: "bob", age: 40 });
    await expect(User.create({ name: "ann" })).rejects.toMatchObject({ code: 11000 });
    expect(await User.aggregate([{ $group: { _id: null, sum: { $sum: "$age" } } }])).toMatchObject([{ sum: 70 }]);

    const [first, second] = await Promise.all([User.findById(created._id), User.findById(created._id)]);
    await first?.set({ age: 31 }).save();
    await expect(second?.set({ age: 32 }).save()).rejects.toMatchObject({ name: "VersionError" });
    expect((await User.findOne({ name: "ann" }))?.age).toBe(31);

    await User.deleteOne({ name: "ann" });
    expect(await User.countDocuments()).toBe(1);
  });

  it("keeps its data between runs", async () => {
    const before = await started();
    await (await usersAt(before.uri)).create({ name: "ann" });
    await before.stop();
    const User = await usersAt((await started()).uri);
    expect(await User.findOne({ name: "ann" })).not.toBeNull();
  });

  it("refuses a folder that another engine uses", async () => {
    await started();
    await expect(startMongoEngine({ dir, leaveTimeoutMs: 500 })).rejects.toMatchObject({
      code: "failed_precondition",
      reason: "data_in_use",
      message: expect.stringContaining(dir),
    });
  });

  it("outlives the terminal's SIGINT and ends on SIGTERM", async () => {
    const engine = await started();
    process.kill(engine.pid, "SIGINT");
    const User = await usersAt(engine.uri);
    expect(await User.countDocuments()).toBe(0);
    process.kill(engine.pid, "SIGTERM");
    await engine.ended;
    expect(await isListening(engine.port)).toBe(false);
  });

  it("ends with the process that started it, even when that one is killed", async () => {
    const program = `
      import { startMongoEngine } from "@vastify/backends";
      const engine = await startMongoEngine({ dir: ${JSON.stringify(dir)} });
      process.send(engine.port);
    `;
    const parent = spawn(process.execPath, ["--input-type=module", "--eval", program], {
      cwd: import.meta.dirname,
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    const [port] = (await once(parent, "message")) as [number];
    expect(await isListening(port)).toBe(true);
    parent.kill("SIGKILL");
    while (await isListening(port)) await sleep(20);
    await (await started()).stop();
  });

  it("waits for one that is still leaving the folder", async () => {
    const leaving = await started();
    const next = started();
    await sleep(1_500);
    await leaving.stop();
    expect(await isListening((await next).port)).toBe(true);
  });
});

/** Asks the port rather than the process list, where an ended process may linger until its new parent looks. */
async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
