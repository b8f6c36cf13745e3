import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { BusyPoll } from "./busy-poll.js";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setImmediate", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const staysAwake = () => vi.getTimerCount() > 0;

/** Sends once and lets the time pass that is looked for; says whether it was looked at all. */
function sendAndWait(poll: BusyPoll, andHear = false): boolean {
  poll.expect();
  const looked = staysAwake();
  if (andHear) poll.heard();
  vi.advanceTimersByTime(1);
  while (staysAwake()) vi.runAllTimers();
  return looked;
}

it("the loop stays awake after a write, for as long as it was told", () => {
  const poll = new BusyPoll(2_000);
  poll.expect();
  vi.advanceTimersByTime(1);
  expect(staysAwake()).toBe(true);
  vi.advanceTimersByTime(1);
  vi.advanceTimersByTime(1);
  expect(staysAwake()).toBe(false);
});

it("each further write prolongs it", () => {
  const poll = new BusyPoll(2_000);
  for (let written = 0; written < 5; written++) {
    poll.expect();
    vi.advanceTimersByTime(1);
    expect(staysAwake()).toBe(true);
  }
});

it("where something comes at once it looks after each write", () => {
  const poll = new BusyPoll(500);
  for (let written = 0; written < 100; written++) expect(sendAndWait(poll, true)).toBe(true);
});

it("where nothing comes so soon it looks after ever fewer writes, and goes on as before once something does", () => {
  const poll = new BusyPoll(500);
  let looks = 0;
  for (let written = 0; written < 10_000; written++) if (sendAndWait(poll)) looks += 1;
  expect(looks).toBeLessThan(25);
  while (!sendAndWait(poll, true));
  expect(sendAndWait(poll)).toBe(true);
});
