import { expect, it } from "vitest";
import { orAborted } from "./or-aborted.js";

it("what never comes is waited for until the signal aborts", async () => {
  const never = new Promise<never>(() => {});
  await expect(orAborted(never, AbortSignal.timeout(10))).rejects.toMatchObject({ name: "TimeoutError" });
  await expect(orAborted(never, AbortSignal.abort())).rejects.toMatchObject({ name: "AbortError" });
  expect(await orAborted(Promise.resolve(1), new AbortController().signal)).toBe(1);
});
