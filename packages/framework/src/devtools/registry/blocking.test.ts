import { expect, test } from "vitest";
import { parsePatience, waitForNews } from "./blocking.js";
import { done } from "./reply.js";
import { createWriteLog } from "./write-log.js";

const patience = (query: string, random = 0) => parsePatience(new URLSearchParams(query), () => random);
const never = new AbortController().signal;

test("a client that names no wait is kept for five minutes", () => {
  expect(patience("index=3")).toEqual({ index: 3, waitMs: 300_000 });
});

test("nobody is kept for more than ten minutes and the jitter", () => {
  expect(patience("index=3&wait=2h").waitMs).toBe(600_000);
  expect(patience("index=3&wait=2h", 1).waitMs).toBe(637_500);
});

test("the jitter is a sixteenth of the wait at most", () => {
  expect(patience("index=3&wait=16s", 1).waitMs).toBe(17_000);
});

test.each(["index=abc", "index=-1", "index=1.5", "index=1&wait=soon", "wait=10"])("%s is refused", (query) => {
  expect(() => patience(query)).toThrow(/^Invalid (index|wait time)$/);
});

test("an index that was passed already is answered at once", async () => {
  const query = { index: () => 12, answer: () => done };
  await expect(waitForNews(query, { index: 11, waitMs: 60_000 }, createWriteLog(), never)).resolves.toBeUndefined();
});

test("a write that does not concern the query leaves its client waiting", async () => {
  const writes = createWriteLog();
  let index = 11;
  let isAnswered = false;
  const query = { index: () => index, answer: () => done };
  const answered = waitForNews(query, { index: 11, waitMs: 60_000 }, writes, never).then(() => {
    isAnswered = true;
  });
  writes.write(() => {});
  await new Promise(setImmediate);
  expect(isAnswered).toBe(false);
  writes.write((next) => {
    index = next;
  });
  await answered;
  expect(isAnswered).toBe(true);
});

test("a client that hangs up is let go", async () => {
  const hungUp = new AbortController();
  const query = { index: () => 11, answer: () => done };
  const answered = waitForNews(query, { index: 11, waitMs: 60_000 }, createWriteLog(), hungUp.signal);
  hungUp.abort();
  await expect(answered).resolves.toBeUndefined();
});
