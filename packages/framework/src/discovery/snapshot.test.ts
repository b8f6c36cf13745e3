import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { silentLogger } from "../core/index.js";
import { createSnapshot, type SnapshotContents } from "./snapshot.js";

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "vastify-snapshot-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function open(path: string) {
  const warnings: string[] = [];
  let pauses = 0;
  const snapshot = createSnapshot({
    path,
    log: { ...silentLogger, warn: (message) => warnings.push(message) },
    pause: async () => {
      pauses += 1;
    },
  });
  return { snapshot, warnings, pauses: () => pauses };
}

const instance = {
  ...{ id: "a@1", target: "a", version: "1.0.0", host: "10.0.0.1", httpPort: 80 },
  ...{ endpoint: { host: "10.0.0.1", port: 81, protocols: ["vastify/1"] }, description: "d", zone: undefined },
};
const routes = { targets: ["a"], instances: new Map([["a", [instance]]]) };
const settings = new Map([["vastify/routes/a", '{"weights":{"1.1.0":0}}']]);
const contents: SnapshotContents = { ...routes, settings };

describe("a snapshot", () => {
  it("gives back what it was told, and when", async () => {
    const path = join(folder(), "routing.json");
    const writer = open(path);
    writer.snapshot.save(() => contents);
    await writer.snapshot.stop();
    const { snapshot } = open(path);
    snapshot.load();
    expect(snapshot.loaded).toStrictEqual({ ...contents, savedAtMs: expect.any(Number) });
  });

  it("is for its owner's eyes, and leaves no other file behind", async () => {
    const path = folder();
    const { snapshot } = open(join(path, "routing.json"));
    snapshot.save(() => contents);
    await snapshot.stop();
    expect(readdirSync(path)).toEqual(["routing.json"]);
    expect(statSync(join(path, "routing.json")).mode & 0o777).toBe(0o600);
  });

  it("is written when something changed only, with a pause after each time", async () => {
    const path = join(folder(), "routing.json");
    const { snapshot, pauses } = open(path);
    for (let time = 0; time < 100; time++) snapshot.save(() => contents);
    await snapshot.stop();
    expect(pauses()).toBe(1);
  });

  it("holds the last of many changes", async () => {
    const path = join(folder(), "routing.json");
    const { snapshot } = open(path);
    for (let time = 0; time < 100; time++) snapshot.save(() => ({ targets: [`a${time}`], instances: new Map() }));
    await snapshot.stop();
    expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ targets: ["a99"] });
  });

  it("is told of its parts one by one, and keeps what it is not told of", async () => {
    const path = join(folder(), "routing.json");
    const first = open(path).snapshot;
    first.save(() => ({ settings }));
    first.save(() => routes);
    await first.stop();
    const second = open(path).snapshot;
    second.load();
    second.save(() => ({ targets: ["b"], instances: new Map() }));
    await second.stop();
    const { snapshot } = open(path);
    snapshot.load();
    expect(snapshot.loaded).toMatchObject({ targets: ["b"], settings });
  });

  it("is not written while only settings are known: a start needs to know who is there", async () => {
    const path = folder();
    const { snapshot } = open(join(path, "routing.json"));
    snapshot.save(() => ({ settings }));
    await snapshot.stop();
    expect(readdirSync(path)).toEqual([]);
  });

  it("is not written while nobody is sure what to write", async () => {
    const path = folder();
    const { snapshot } = open(join(path, "routing.json"));
    snapshot.save(() => undefined);
    await snapshot.stop();
    expect(readdirSync(path)).toEqual([]);
  });

  it("that is not there yet is nothing to speak of", () => {
    const { snapshot, warnings } = open(join(folder(), "routing.json"));
    snapshot.load();
    expect([snapshot.loaded, warnings]).toEqual([undefined, []]);
  });

  const good = { format: "vastify-snapshot", version: 1, savedAt: "2024-01-01T00:00:00.000Z", targets: ["a"] };
  it("that was written before settings were kept is taken", () => {
    const path = join(folder(), "routing.json");
    writeFileSync(path, JSON.stringify({ ...good, instances: { a: [instance] } }));
    const { snapshot } = open(path);
    snapshot.load();
    expect(snapshot.loaded).toStrictEqual({ ...routes, settings: new Map(), savedAtMs: Date.parse(good.savedAt) });
  });

  it.each([
    ["half a file", JSON.stringify({ ...good, instances: { a: [instance] } }).slice(0, 150)],
    ["a foreign file", '{"name":"x"}'],
    ["a later version", JSON.stringify({ ...good, version: 3, instances: {} })],
    ["an instance that is none", JSON.stringify({ ...good, instances: { a: [{ ...instance, httpPort: "x" }] } })],
    ["a version that is none", JSON.stringify({ ...good, instances: { a: [{ ...instance, version: "x" }] } })],
  ])("that is %s is warned of and ignored", (_what, text) => {
    const path = join(folder(), "routing.json");
    writeFileSync(path, text);
    const { snapshot, warnings } = open(path);
    snapshot.load();
    expect(snapshot.loaded).toBeUndefined();
    expect(warnings).toEqual([expect.stringContaining(`${path} is ignored`)]);
  });

  it("that can't be written is warned of once", async () => {
    const { snapshot, warnings } = open(join(folder(), "no-such-folder", "routing.json"));
    snapshot.save(() => contents);
    snapshot.save(() => ({ targets: [], instances: new Map() }));
    await new Promise((resolve) => setImmediate(resolve));
    await snapshot.stop();
    expect(warnings).toEqual([expect.stringContaining("can't be written")]);
  });

  it("without a path is kept nowhere", async () => {
    const snapshot = createSnapshot({ path: undefined, log: silentLogger });
    snapshot.load();
    snapshot.save(() => contents);
    await snapshot.stop();
    expect(snapshot.loaded).toBeUndefined();
  });
});
