import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, it, onTestFinished } from "vitest";
import { createSite } from "./site.js";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "vastify-site-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  file = join(folder, "shop.conf");
});

/** An nginx that refuses every text with the word "wrong". */
function fakeNginx() {
  const calls: string[] = [];
  return {
    calls,
    isRunning: true,
    async test() {
      calls.push("test");
      if (readFileSync(file, "utf8").includes("wrong")) throw new Error("refused");
    },
    async reload() {
      if (!this.isRunning) throw new Error("not running");
      calls.push("reload");
    },
  };
}

it("checks a new text, and makes nginx read it", async () => {
  const nginx = fakeNginx();
  expect(await createSite(file, nginx).install("one")).toBe(true);
  expect(readFileSync(file, "utf8")).toBe("one");
  expect(nginx.calls).toEqual(["test", "reload"]);
  expect(readdirSync(folder)).toEqual(["shop.conf"]);
});

it("leaves nginx alone while nothing changes", async () => {
  const nginx = fakeNginx();
  const site = createSite(file, nginx);
  await site.install("one");
  expect(await site.install("one")).toBe(false);
  expect(nginx.calls).toEqual(["test", "reload"]);
});

it("brings back what stood there before, when nginx refuses the new text", async () => {
  const nginx = fakeNginx();
  const site = createSite(file, nginx);
  await expect(site.install("wrong")).rejects.toThrow("refused");
  expect(readdirSync(folder)).toEqual([]);
  await site.install("one");
  await expect(site.install("wrong again")).rejects.toThrow("refused");
  expect(readFileSync(file, "utf8")).toBe("one");
  expect(nginx.calls.filter((call) => call === "reload")).toHaveLength(1);
});

it("makes nginx read what a process before could not, and leaves it at that", async () => {
  const nginx = fakeNginx();
  nginx.isRunning = false;
  await expect(createSite(file, nginx).install("one")).rejects.toThrow("not running");
  nginx.isRunning = true;
  expect(await createSite(file, nginx).install("one")).toBe(true);
  expect(await createSite(file, nginx).install("one")).toBe(false);
  expect(readdirSync(folder)).toEqual(["shop.conf"]);
});

it("tries again to make nginx read a text, when it could not at first", async () => {
  const nginx = fakeNginx();
  const site = createSite(file, nginx);
  nginx.isRunning = false;
  await expect(site.install("one")).rejects.toThrow("not running");
  nginx.isRunning = true;
  expect(await site.install("one")).toBe(true);
  expect(await site.install("one")).toBe(false);
});
