import { describe, expect, it } from "vitest";
import { VastifyError } from "./error.js";
import { silentLogger } from "./logger.js";
import { type Part, startParts, stopParts } from "./part.js";

const context = { log: silentLogger, signal: new AbortController().signal };

function part(name: string, story: string[], fail: { start?: boolean; stop?: boolean } = {}): Part {
  return {
    name,
    async start() {
      story.push(`start ${name}`);
      if (fail.start) throw new Error(`${name} failed`);
    },
    async stop() {
      story.push(`stop ${name}`);
      if (fail.stop) throw new Error(`${name} hangs on`);
    },
  };
}

describe("parts", () => {
  it("start in order and stop in reverse", async () => {
    const story: string[] = [];
    const parts = [part("a", story), part("b", story)];
    await startParts(parts, context);
    await stopParts(parts);
    expect(story).toEqual(["start a", "start b", "stop b", "stop a"]);
  });

  it("undo what started when one fails, and say why", async () => {
    const story: string[] = [];
    const parts = [part("a", story), part("b", story, { start: true }), part("c", story)];
    await expect(startParts(parts, context)).rejects.toThrow("b failed");
    expect(story).toEqual(["start a", "start b", "stop b", "stop a"]);
  });

  it("all stop even when one stop fails", async () => {
    const story: string[] = [];
    await stopParts([part("a", story), part("b", story, { stop: true })]);
    expect(story).toEqual(["stop b", "stop a"]);
  });

  it("say which of them failed", async () => {
    const failing = startParts([part("mongodb", [], { start: true })], context);
    await expect(failing).rejects.toMatchObject({
      reason: "part_failed",
      message: "mongodb did not start: mongodb failed",
    });
  });

  it("that somebody else has started are left to him", async () => {
    const story: string[] = [];
    const shared: Part = {
      ...part("shared", story),
      start: () => Promise.reject(new VastifyError("failed_precondition", "again", { reason: "started_before" })),
    };
    await expect(startParts([part("a", story), shared], context)).rejects.toMatchObject({ reason: "started_before" });
    expect(story).toEqual(["start a", "stop a"]);
  });

  it("that never start are given up, and stopped", async () => {
    const story: string[] = [];
    const hanging: Part = { ...part("a", story), start: () => new Promise(() => {}) };
    const givingUp = new AbortController();
    const starting = startParts([hanging], { ...context, signal: givingUp.signal });
    givingUp.abort(new VastifyError("deadline_exceeded", "too late"));
    await expect(starting).rejects.toMatchObject({ code: "deadline_exceeded" });
    expect(story).toEqual(["stop a"]);
  });

  it("that never stop are left behind", async () => {
    const story: string[] = [];
    const hanging: Part = { ...part("b", story), stop: () => new Promise(() => {}) };
    await stopParts([part("a", story), hanging], silentLogger, 20);
    expect(story).toEqual(["stop a"]);
  });

  it("don't start when the start was given up", async () => {
    const story: string[] = [];
    const signal = AbortSignal.abort(new Error("given up"));
    await expect(startParts([part("a", story)], { ...context, signal })).rejects.toThrow("given up");
    expect(story).not.toContain("start a");
  });
});
