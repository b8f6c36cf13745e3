import { expect, it } from "vitest";
import { delay } from "./delay.js";

it.each([2 ** 31, 1e300, Number.POSITIVE_INFINITY])("a wait of %s ms is a long one", async (ms) => {
  const given = new AbortController();
  const first = Promise.race([delay(ms, given.signal).then(() => "long"), delay(5).then(() => "short")]);
  // No timer of the test's own holds the process open.
  const open = setInterval(() => {}, 1_000);
  expect(await first).toBe("short");
  clearInterval(open);
  given.abort();
});
