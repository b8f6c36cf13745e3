import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { type MongoFiles, mongoFiles } from "../../../src/storage/index.js";
import { mongoUri, startMongo } from "../../support/mongo.js";
import { consulAddress, startService, uniqueName, until } from "../../support/services.js";

const sha = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

async function* failing(): AsyncGenerator<Uint8Array> {
  yield Buffer.alloc(600_000);
  throw new Error("the source broke");
}

describe.skipIf(!mongoUri)("files in MongoDB", () => {
  it.each([0, 1, 1_000_000])("give back %i bytes as they were stored, with what is known of them", async (size) => {
    const files = mongoFiles((await startMongo()).connection);
    const bytes = randomBytes(size);
    const stored = await files.upload(Readable.from([bytes], { objectMode: false }), {
      ...{ name: "文.bin", contentType: "image/png", metadata: { by: "alice" } },
    });
    expect(stored).toMatchObject({ name: "文.bin", contentType: "image/png", bytes: size, metadata: { by: "alice" } });
    const { stream, ...found } = await files.download(stored.id);
    expect(found).toEqual(stored);
    expect(sha(await buffer(stream))).toBe(sha(bytes));
  });

  it("leave nothing of an upload that failed, was aborted or was too large", async () => {
    const { connection } = await startMongo();
    const files = mongoFiles(connection, { maxBytes: 1_000_000 });
    const endless = () =>
      Readable.from(
        (function* () {
          for (;;) yield Buffer.alloc(300_000);
        })(),
        { objectMode: false },
      );
    await expect(files.upload(failing(), { name: "a" })).rejects.toThrow("the source broke");
    await expect(files.upload(endless(), { name: "b" })).rejects.toMatchObject({ reason: "body_too_large" });
    const never = new Readable({ read() {} });
    never.push(Buffer.alloc(600_000));
    await expect(files.upload(never, { name: "c" }, AbortSignal.timeout(300))).rejects.toMatchObject({
      name: "AbortError",
    });
    await until(async () => {
      const counts = await Promise.all(
        ["files.files", "files.chunks"].map((name) => connection.collection(name).countDocuments()),
      );
      return counts.every((count) => count === 0);
    }, "nothing is left");
  });

  it("are gone once deleted, and those that never were are not found", async () => {
    const files = mongoFiles((await startMongo()).connection);
    const { id } = await files.upload(Readable.from([Buffer.from("x")]), { name: "x" });
    await files.delete(id);
    for (const missing of [id, "no id", ""]) {
      await expect(files.find(missing)).rejects.toMatchObject({ code: "not_found", reason: "no_file" });
      await expect(files.download(missing)).rejects.toMatchObject({ reason: "no_file" });
      await expect(files.delete(missing)).rejects.toMatchObject({ reason: "no_file" });
    }
  });

  it.skipIf(!consulAddress)("travel through messages and results as streams", async () => {
    const files: MongoFiles = mongoFiles((await startMongo()).connection);
    const name = uniqueName("files");
    await startService({ name }, (service) => {
      service.add("cmd:save", async (message: { file: Readable; name: string }) =>
        files.upload(message.file, { name: message.name }),
      );
      service.add("cmd:load", async (message: { id: string }) => files.download(message.id));
    });
    const caller = await startService({ name: uniqueName("caller") });
    const bytes = randomBytes(3_000_000);
    const file = Readable.from([bytes], { objectMode: false });
    const saved = (await caller.act({ $$target: name, cmd: "save", file, name: "f" })) as { id: string };
    const loaded = (await caller.act({ $$target: name, cmd: "load", id: saved.id })) as { stream: Readable };
    expect(sha(await buffer(loaded.stream))).toBe(sha(bytes));
  });
});
