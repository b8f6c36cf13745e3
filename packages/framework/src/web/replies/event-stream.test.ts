import { EventEmitter, on } from "node:events";
import { PassThrough } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { endEarly, isEndless } from "../../core/index.js";
import { eventStream, type ServerEvent, withHeartbeats } from "./event-stream.js";

/** Events that come when they are told to, and what became of their source. */
function told() {
  let waiting: ((result: IteratorResult<ServerEvent>) => void) | undefined;
  const source = {
    asked: 0,
    returned: 0,
    [Symbol.asyncIterator]: () => source,
    next: () => {
      source.asked += 1;
      return new Promise<IteratorResult<ServerEvent>>((resolve) => {
        waiting = resolve;
      });
    },
    async return() {
      source.returned += 1;
      return { done: true as const, value: undefined };
    },
  };
  return { source, say: (data: unknown) => waiting?.({ done: false, value: { data } }) };
}

async function* numbers(counted: { ended: number }) {
  try {
    for (let n = 1; ; n++) yield { data: n };
  } finally {
    counted.ended += 1;
  }
}

describe("a stream of events", () => {
  it("writes each as the HTML standard says", async () => {
    const { body } = eventStream([{ data: { a: 1 } }, { event: "news", id: "7", retryMs: 10.4, data: undefined }]);
    expect((await body.toArray()).join("")).toBe('data: {"a":1}\n\nevent: news\nid: 7\nretry: 10\ndata: null\n\n');
  });

  it("takes no more than its reader has room for", async () => {
    const { source, say } = told();
    const { body } = eventStream(source);
    for (let n = 0; n < 3; n++) {
      say("x".repeat(body.readableHighWaterMark));
      await nextTurn();
    }
    expect(source.asked).toBe(1);
    body.read();
    await nextTurn();
    expect(source.asked).toBe(2);
  });

  it("lets a source go that waits for its next event", async () => {
    const { source } = told();
    const { body } = eventStream(source);
    body.resume();
    body.destroy();
    expect(source.returned).toBe(1);
    const emitter = new EventEmitter();
    eventStream(on(emitter, "news") as never).body.destroy();
    expect(emitter.listenerCount("news")).toBe(0);
  });

  it("runs a generator's `finally` even when nobody reads any of it", async () => {
    const counted = { ended: 0 };
    eventStream(numbers(counted)).body.destroy();
    await nextTurn();
    expect(counted.ended).toBe(1);
  });

  it("tells a generator that waits by a signal", async () => {
    let ended = false;
    async function* quiet(signal: AbortSignal): AsyncGenerator<ServerEvent> {
      try {
        await new Promise((_, reject) => signal.addEventListener("abort", reject));
      } finally {
        ended = true;
      }
    }
    eventStream(quiet).body.destroy();
    await nextTurn();
    expect(ended).toBe(true);
  });

  it("fails with what its source fails with, which then is not told to end", async () => {
    const { source } = told();
    source.next = () => Promise.reject(new Error("no more news"));
    const { body } = eventStream(source);
    await expect(body.toArray()).rejects.toThrow("no more news");
    expect(source.returned).toBe(0);
  });

  it("lets its source go after an event that can't be written", async () => {
    const counted = { ended: 0 };
    async function* broken(): AsyncGenerator<ServerEvent> {
      try {
        yield { id: "a\nb", data: 1 };
      } finally {
        counted.ended += 1;
      }
    }
    await expect(eventStream(broken()).body.toArray()).rejects.toMatchObject({ reason: "bad_option" });
    expect(counted.ended).toBe(1);
  });

  it("can be ended early, after the events that it has taken", async () => {
    const { source, say } = told();
    const { body } = eventStream(source);
    say(1);
    await nextTurn();
    expect(isEndless(body)).toBe(true);
    if (isEndless(body)) body[endEarly]();
    say(2);
    expect(String(await body.toArray())).toBe("data: 1\n\n");
    expect(source.returned).toBe(1);
  });
});

describe("a stream with heartbeats that is ended early", () => {
  it("ends after the event that is under way, and lets its source go", async () => {
    const source = new PassThrough();
    const events = withHeartbeats(source, 3_600_000);
    source.write("data: 1\n\ndata");
    await nextTurn();
    events[endEarly]();
    source.write(": 2\n\n");
    source.write("data: 3\n\n");
    expect((await events.toArray()).join("")).toBe(":\n\ndata: 1\n\ndata: 2\n\n");
    await nextTurn();
    expect([events.destroyed, source.destroyed]).toEqual([true, true]);
  });

  it("ends at once between two, and again does nothing", async () => {
    const source = new PassThrough();
    const events = withHeartbeats(source, 3_600_000);
    events[endEarly]();
    events[endEarly]();
    expect((await events.toArray()).join("")).toBe(":\n\n");
    events[endEarly]();
    await nextTurn();
    expect(source.destroyed).toBe(true);
  });

  it("that has ended by itself stays as it was", async () => {
    const source = new PassThrough();
    const events = withHeartbeats(source, 3_600_000);
    source.end("data: 1\n\n");
    await nextTurn();
    events[endEarly]();
    expect((await events.toArray()).join("")).toBe(":\n\ndata: 1\n\n");
  });
});
