import { describe, expect, it } from "vitest";
import { Call, Deadlines, VastifyError } from "../core/index.js";
import { retry } from "./retry.js";

const noWait = { backoff: { random: () => 0 } };

const deadlines = new Deadlines();

function call({ idempotent = false } = {}): Call {
  return new Call({}, { timeoutMs: 1_000, idempotent }, deadlines);
}

function failing(times: number, error: VastifyError) {
  let tries = 0;
  const fn = async () => {
    tries += 1;
    if (tries <= times) throw error;
    return "done";
  };
  return { fn, tries: () => tries };
}

const unreachable = new VastifyError("unavailable", "", { reason: "peer_unreachable" });
const draining = new VastifyError("unavailable", "", { reason: "draining" });
const lost = new VastifyError("unavailable", "", { reason: "peer_lost" });

describe("retry", () => {
  it.each([unreachable, draining])("repeats any call that certainly never ran", async (error) => {
    const { fn, tries } = failing(2, error);
    await expect(retry(noWait)(fn)(call())).resolves.toBe("done");
    expect(tries()).toBe(3);
  });

  it("does not repeat a call that may have run", async () => {
    const { fn, tries } = failing(1, lost);
    await expect(retry(noWait)(fn)(call())).rejects.toBe(lost);
    expect(tries()).toBe(1);
  });

  it("repeats one that may have run when it is idempotent", async () => {
    const { fn } = failing(1, lost);
    await expect(retry(noWait)(fn)(call({ idempotent: true }))).resolves.toBe("done");
  });

  it("does not repeat what the action itself answered", async () => {
    const error = new VastifyError("not_found", "", { reason: "no_user" });
    const { fn, tries } = failing(1, error);
    await expect(retry(noWait)(fn)(call({ idempotent: true }))).rejects.toBe(error);
    expect(tries()).toBe(1);
  });

  it("gives up after its attempts", async () => {
    const { fn, tries } = failing(9, unreachable);
    await expect(retry({ ...noWait, attempts: 3 })(fn)(call())).rejects.toBe(unreachable);
    expect(tries()).toBe(3);
  });

  it("stops when the call is given up", async () => {
    const { fn, tries } = failing(9, unreachable);
    const canceled = call();
    canceled.cancel();
    await expect(retry(noWait)(fn)(canceled)).rejects.toBe(unreachable);
    expect(tries()).toBe(1);
  });
});
