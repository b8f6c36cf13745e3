import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fetchDebianPackages } from "@vastify/backends";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "vastify-test-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const hasApt = existsSync("/usr/bin/apt-get") && existsSync("/etc/debian_version");

describe.skipIf(!hasApt)("packages of another Debian release", () => {
  it("are unpacked once, and nothing else stays", async () => {
    const into = join(folder, "unpacked");
    const fetch = () => fetchDebianPackages({ suite: "trixie", packages: ["libgcc-s1"], into });
    expect(await fetch()).toBe(into);
    expect(await fetch()).toBe(into);
    expect(await readdir(folder)).toEqual(["unpacked"]);
    expect(await readdir(into)).toContain("usr");
  });

  it("leave nothing behind when there is no such package", async () => {
    const into = join(folder, "unpacked");
    const packages = ["vastify-no-such-package"];
    await expect(fetchDebianPackages({ suite: "trixie", packages, into })).rejects.toMatchObject({
      code: "failed_precondition",
      reason: "no_packages",
      message: expect.stringMatching(/^could not fetch vastify-no-such-package of Debian trixie: .+$/),
    });
    expect(await readdir(folder)).toEqual([]);
  });
});
