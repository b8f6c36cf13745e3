import type { Socket } from "node:net";
import { PassThrough } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, it, vi } from "vitest";
import { BusyPoll } from "./busy-poll.js";
import { GatheredWriter } from "./gathered-writer.js";

function writerOver(socket = new PassThrough({ highWaterMark: 1_048_576 })) {
  const poll = new BusyPoll(0);
  const expected = vi.spyOn(poll, "expect");
  return { socket, expected, writer: new GatheredWriter(socket as unknown as Socket, poll) };
}

it("what comes within a turn goes out as one text, in order", async () => {
  const { writer, socket } = writerOver();
  const wrote = vi.spyOn(socket, "write");
  for (const frame of ["a", "b", "c"]) writer.write(frame);
  await nextTurn();
  expect(wrote.mock.calls.map(([text]) => text)).toEqual(["abc"]);
});

it("much text does not wait for the end of the turn", async () => {
  const { writer, socket } = writerOver();
  const frame = "x".repeat(1_000);
  for (let written = 0; written < 10; written++) writer.write(frame);
  expect(socket.readableLength).toBeGreaterThan(4_000);
  await nextTurn();
  expect(socket.read().toString()).toBe(frame.repeat(10));
});

it("the loop is asked to stay awake for frames that go out alone, whatever went before", async () => {
  const { writer, expected } = writerOver();
  writer.write("alone");
  await nextTurn();
  expect(expected).toHaveBeenCalledTimes(1);
  writer.write("one of");
  writer.write("two");
  await nextTurn();
  expect(expected).toHaveBeenCalledTimes(1);
  writer.write("before");
  writer.writeWithBytes("frame", [Buffer.from("bytes")]);
  await nextTurn();
  writer.write("alone");
  await nextTurn();
  expect(expected).toHaveBeenCalledTimes(2);
});
