import { expect, it } from "vitest";
import { isOwnPath } from "./own-paths.js";

it.each<[string, boolean]>([
  ["/health", true],
  ["/health/live", true],
  ["/openapi.json", true],
  ["/docs", true],
  ["/docs/", true],
  ["/docs/start.js", true],
  ["/docsearch", false],
  ["/healthy", false],
  ["/my/health", false],
  ["/graphql", false],
])("that %s is the gateway's own is %s", (path, isOwn) => {
  expect(isOwnPath(path)).toBe(isOwn);
});
