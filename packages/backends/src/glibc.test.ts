import { describe, expect, it } from "vitest";
import { isOlderVersion } from "./glibc.js";

describe("glibc versions", () => {
  it.each([
    ["2.36", "2.38", true],
    ["2.38", "2.38", false],
    ["2.41", "2.38", false],
    ["2.4", "2.38", true],
    ["2.38.1", "2.38", false],
    ["3.0", "2.38", false],
  ])("%s is older than %s: %s", (version, than, expected) => {
    expect(isOlderVersion(version, than)).toBe(expected);
  });
});
