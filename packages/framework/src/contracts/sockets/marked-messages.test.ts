import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { VastifyError } from "../../core/index.js";
import { MessageSplitter, withFailure, withLength } from "./marked-messages.js";

/** What comes out of bytes that arrive in pieces of this size. */
function split(bytes: Buffer, pieceBytes: number, maxBytes = 100): Promise<unknown[]> {
  const pieces = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) pieces.push(bytes.subarray(at, at + pieceBytes));
  return Readable.from(pieces).pipe(new MessageSplitter(maxBytes)).toArray();
}

const texts = ["one", "", "three", "x".repeat(100)];
const marked = texts.map((text) => withLength(Buffer.from(text)));
const whole = Buffer.concat(marked);

describe("messages in a stream", () => {
  it.each([1, 2, 3, 4, 5, 7, 50, 1_000])(
    "are found again when they arrive in pieces of %i bytes",
    async (pieceBytes) => {
      expect((await split(whole, pieceBytes)).map(String)).toEqual(texts);
    },
  );

  it.each([1, 6, 1_000])("end with what their sender failed with, in pieces of %i bytes", async (pieceBytes) => {
    const failure = new VastifyError("not_found", "no such room", { reason: "no_room", details: { at: "/etc" } });
    const found = await split(Buffer.concat([whole, withFailure(failure)]), pieceBytes);
    expect(found.slice(0, -1).map(String)).toEqual(texts);
    expect(found.at(-1)).toMatchObject({
      code: "not_found",
      message: "no such room",
      reason: "no_room",
      details: undefined,
    });
  });

  it("say nothing of a failure that nobody foresaw", async () => {
    const [found] = await split(withFailure(new Error("could not read /etc/passwd")), 1_000);
    expect(found).toMatchObject({ code: "internal", message: expect.not.stringContaining("passwd") });
  });

  it("that are larger than allowed end the stream, before they are held", async () => {
    await expect(split(withLength(Buffer.alloc(101)).subarray(0, 4), 4)).rejects.toMatchObject({
      reason: "bad_stream",
    });
  });

  it("that are cut off end the stream with an error", async () => {
    await expect(split(whole.subarray(0, -1), 10)).rejects.toMatchObject({ reason: "bad_stream" });
  });

  it("whose failure can't be read fail all the same", async () => {
    const mark = Buffer.alloc(4, 0xff);
    expect(await split(Buffer.concat([mark, withLength(Buffer.from("{"))]), 10)).toMatchObject([
      { reason: "bad_stream" },
    ]);
    await expect(split(Buffer.concat([mark, mark]), 10)).rejects.toMatchObject({ reason: "bad_stream" });
  });
});
