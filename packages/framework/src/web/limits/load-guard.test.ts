import { describe, expect, it } from "vitest";
import { composeGuards } from "../route-guard.js";
import type { OfferedRoute } from "../route-versions.js";
import { loadGuard } from "./load-guard.js";

const route = (path: string) => ({ method: "GET", path }) as OfferedRoute;
const open = route("/login");
const closed = route("/books");

/** A guard, and requests that stay under way until they are ended. */
function makeGuard(lagMs = () => 0) {
  const isOpen = (given: OfferedRoute) => given === open;
  const guard = composeGuards([loadGuard({ maxInFlight: 2, maxLagMs: 100, isOpen, lagMs })]);
  const pass = (at: OfferedRoute) => guard({} as never, at, async () => {});
  function begin(at: OfferedRoute) {
    let end: (error?: Error) => void = () => {};
    const under = new Promise<void>((resolve, reject) => {
      end = (error) => (error ? reject(error) : resolve());
    });
    return { done: guard({} as never, at, () => under), end };
  }
  return { pass, begin };
}

const overloaded = expect.objectContaining({ code: "unavailable", reason: "overloaded" });

describe("a gateway under load", () => {
  it("takes only so many requests at once, those to open routes counted apart", async () => {
    const { pass, begin } = makeGuard();
    const [first, second] = [begin(closed), begin(closed)];
    await expect(pass(closed)).rejects.toEqual(overloaded);
    await expect(pass(open)).resolves.toBeUndefined();
    first.end();
    await first.done;
    await expect(pass(closed)).resolves.toBeUndefined();
    second.end(new Error("broken"));
    await expect(second.done).rejects.toThrow("broken");
    const more = [begin(closed), begin(closed)];
    await expect(pass(closed)).rejects.toEqual(overloaded);
    for (const { end, done } of more) {
      end();
      await done;
    }
  });

  it.each([
    [100, "taken", "taken"],
    [101, "refused", "taken"],
    [200, "refused", "taken"],
    [201, "refused", "refused"],
  ])("that is %i ms late: requests to closed routes are %s, to open ones %s", async (lag, toClosed, toOpen) => {
    const { pass } = makeGuard(() => lag);
    const outcome = (at: OfferedRoute) =>
      pass(at).then(
        () => "taken",
        () => "refused",
      );
    expect([await outcome(closed), await outcome(open)]).toEqual([toClosed, toOpen]);
  });
});
