import { expect, it } from "vitest";
import { Releasable } from "./releasable.js";

/** Values that are told one by one, and how often it was let go. */
function told(next: () => Promise<IteratorResult<number>>) {
  const source = {
    returned: 0,
    [Symbol.asyncIterator]: () => source,
    next,
    async return() {
      source.returned += 1;
      throw new Error("nobody hears this");
    },
  };
  return source;
}

it("what waits for its next value is let go at once, once", async () => {
  const source = told(() => new Promise(() => {}));
  const values = new Releasable(source as AsyncIterable<number>);
  void values.next();
  expect(await values.return()).toEqual({ done: true, value: undefined });
  await values.return();
  expect(source.returned).toBe(1);
});

it.each<[string, () => Promise<IteratorResult<number>>]>([
  ["ended", async () => ({ done: true, value: undefined })],
  ["failed", () => Promise.reject(new Error("broken"))],
])("what has %s by itself is not told to", async (_, next) => {
  const source = told(next);
  const values = new Releasable(source as AsyncIterable<number>);
  await values.next().catch(() => {});
  await values.return();
  expect(source.returned).toBe(0);
});

it("goes through lists too", async () => {
  const seen: number[] = [];
  for await (const value of new Releasable([1, 2])) seen.push(value);
  expect(seen).toEqual([1, 2]);
});
