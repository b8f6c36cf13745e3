import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createSeen, type SeenStore } from "./seen.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function recorded(claims: readonly ("first" | "elsewhere")[]) {
  const left = [...claims];
  const said: string[] = [];
  const store: SeenStore = {
    claim: async () => left.shift() ?? "first",
    renew: async (id) => void said.push(`renew ${id}`),
    settle: async (id, _token, isHandled) => void said.push(`settle ${id} ${isHandled}`),
  };
  return { seen: createSeen(store, 300), said };
}

it("renews what is ours until it is settled", async () => {
  const { seen, said } = recorded(["first"]);
  expect(await seen.claim("a")).toBe("first");
  vi.advanceTimersByTime(250);
  await seen.settle("a", true);
  vi.advanceTimersByTime(1_000);
  expect(said).toEqual(["renew a", "renew a", "settle a true"]);
});

it("leaves alone what others are at", async () => {
  const { seen, said } = recorded(["elsewhere"]);
  expect(await seen.claim("a")).toBe("elsewhere");
  await seen.settle("a", true);
  vi.advanceTimersByTime(1_000);
  expect(said).toEqual([]);
});

it("renews once what lapsed and was ours again", async () => {
  const { seen, said } = recorded(["first", "first"]);
  await seen.claim("a");
  await seen.claim("a");
  vi.advanceTimersByTime(100);
  expect(said).toEqual(["renew a"]);
});
