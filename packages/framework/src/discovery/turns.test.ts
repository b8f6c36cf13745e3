import { expect, it } from "vitest";
import { createTurns } from "./turns.js";

it("lets no more run at a time than it may, and all of them in the end, in order", async () => {
  const takeTurns = createTurns(3);
  const order: number[] = [];
  let running = 0;
  let most = 0;
  const work = (number: number) => async () => {
    order.push(number);
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    if (number % 5 === 0) throw new Error("one that fails gives its place away too");
    return number;
  };
  const all = Array.from({ length: 20 }, (_, number) => takeTurns(work(number)).catch(() => -1));
  expect((await Promise.all(all)).filter((result) => result >= 0)).toHaveLength(16);
  expect(most).toBe(3);
  expect(order).toEqual(order.toSorted((a, b) => a - b));
});
