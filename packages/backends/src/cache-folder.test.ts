import { expect, it } from "vitest";
import { cacheFolder } from "./cache-folder.js";

it("is in the repository unless the environment names another", () => {
  expect(cacheFolder({})).toMatch(/[\\/]\.vastify[\\/]cache$/);
  expect(cacheFolder({ VASTIFY_CACHE_DIR: "/var/cache/x" })).toBe("/var/cache/x");
});
