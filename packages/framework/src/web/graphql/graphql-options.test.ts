import { expect, it } from "vitest";
import { ownPaths } from "../own-paths.js";
import { resolveGraphqlOptions } from "./graphql-options.js";

it("what is not said has its default, and nothing at all is no GraphQL", () => {
  expect(resolveGraphqlOptions(true, "graphql")).toMatchObject({
    path: "/graphql",
    introspection: false,
    maxDepth: 10,
  });
  expect(resolveGraphqlOptions({ path: "/api/graph" }, "graphql")?.path).toBe("/api/graph");
  expect([undefined, false].map((given) => resolveGraphqlOptions(given, "graphql"))).toEqual([undefined, undefined]);
});

const notForIt = ["graphql", "/a/:id", "/", ...Object.values(ownPaths), "/docs/start.js"];

it.each(notForIt)("is never served at %s", (path) => {
  expect(() => resolveGraphqlOptions({ path }, "graphql")).toThrow(/^graphql\.path must be a path/);
});
