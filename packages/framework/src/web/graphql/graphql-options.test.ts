import { expect, it } from "vitest";
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

it.each(["graphql", "/a/:id", "/", "/health", "/openapi.json", "/docs"])("is never served at %s", (path) => {
  expect(() => resolveGraphqlOptions({ path }, "graphql")).toThrow(/^graphql\.path must be a path/);
});
