import { expect, it, vi } from "vitest";
import { VastifyError } from "../core/index.js";
import { editsInTurn } from "./edits-in-turn.js";
import { retryConflicts } from "./retry-conflicts.js";

const conflict = () => new VastifyError("failed_precondition", "changed", { reason: "version_conflict" });
const random = () => 0;

it("repeats an edit that lost against another until it wins", async () => {
  const edit = vi.fn().mockRejectedValueOnce(conflict()).mockRejectedValueOnce(conflict()).mockResolvedValue("won");
  expect(await retryConflicts(edit, { random })).toBe("won");
  expect(edit).toHaveBeenCalledTimes(3);
});

it("gives up after its attempts, with the last conflict", async () => {
  const edit = vi.fn().mockImplementation(() => Promise.reject(conflict()));
  await expect(retryConflicts(edit, { attempts: 3, random })).rejects.toMatchObject({ reason: "version_conflict" });
  expect(edit).toHaveBeenCalledTimes(3);
});

it("begins no attempt when its signal has aborted", async () => {
  const gone = new AbortController();
  const edit = vi.fn().mockImplementation(() => {
    gone.abort();
    return Promise.reject(conflict());
  });
  await expect(retryConflicts(edit, { signal: gone.signal })).rejects.toMatchObject({ name: "AbortError" });
  expect(edit).toHaveBeenCalledOnce();
});

it("repeats nothing that failed otherwise", async () => {
  const edit = vi.fn().mockRejectedValue(new VastifyError("failed_precondition", "closed"));
  await expect(retryConflicts(edit, { random })).rejects.toThrow("closed");
  expect(edit).toHaveBeenCalledOnce();
});

it.each([Number.NaN, 0, "3"])("refuses %s attempts, before the first", async (attempts) => {
  const edit = vi.fn();
  const refused = { reason: "bad_option", message: expect.stringContaining("attempts must be a number from 1 on") };
  await expect(retryConflicts(edit, { attempts: attempts as number })).rejects.toMatchObject(refused);
  expect(() => editsInTurn({ attempts: attempts as number })).toThrow("attempts must be a number from 1 on");
  expect(edit).not.toHaveBeenCalled();
});
