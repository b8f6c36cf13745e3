import { describe, expect, it } from "vitest";
import { createRouteTable, isPlainPath, parameterNames } from "./route-table.js";

const paths = ["/", "/user", "/user/me", "/user/:id", "/user/:id/books/:book", "/:any/me/books", "/Shop/Open"];
const table = createRouteTable(paths.map((path) => ({ method: "GET", path, kept: path })));

const found = (path: string) => {
  const match = table(path);
  return match && [match.routes.get("GET")?.kept, ...match.values];
};

describe("a table of routes", () => {
  it.each<[string, string[] | undefined]>([
    ["/", ["/"]],
    ["/user", ["/user"]],
    ["/user/", ["/user"]],
    ["/USER", ["/user"]],
    ["/user/me", ["/user/me"]],
    ["/user/Me", ["/user/me"]],
    ["/user/7", ["/user/:id", "7"]],
    ["/user/A%20b%2Fc", ["/user/:id", "A b/c"]],
    ["/user/%zz", ["/user/:id", "%zz"]],
    ["/user/me/books/9", ["/user/:id/books/:book", "me", "9"]],
    ["/user/me/books", ["/:any/me/books", "user"]],
    ["/shop/open", ["/Shop/Open"]],
    ["/user/7/books", undefined],
    ["/user//", undefined],
    ["//", undefined],
    ["/user//books/9", undefined],
    ["/nothing", undefined],
    ["/__proto__", undefined],
    ["", undefined],
  ])("finds by %s", (path, expected) => {
    expect(found(path)).toEqual(expected);
  });

  it("keeps the first of two routes with one shape and method, and routes of other methods beside it", () => {
    const find = createRouteTable([
      { method: "GET", path: "/a/:b", kept: 1 },
      { method: "GET", path: "/a/:c", kept: 2 },
      { method: "PUT", path: "/a/:c", kept: 3 },
    ]);
    expect([...(find("/a/x")?.routes.values() ?? [])].map(({ kept }) => kept)).toEqual([1, 3]);
  });
});

it.each(["/", "/a", "/a/:b", "/a-b/c.d/:e_1/", "/~x"])("%s is plain", (path) => {
  expect(isPlainPath(path)).toBe(true);
});

it.each(["", "a", "//", "/a/:b?", "/a/:b(\\d+)", "/a/*rest", "/a{/b}", "/:a-:b", "/a:b", "/a/(.*)"])(
  "%s is not plain",
  (path) => {
    expect(isPlainPath(path)).toBe(false);
  },
);

it("names a path's parameters in order", () => {
  expect(parameterNames("/user/:id/books/:book")).toEqual(["id", "book"]);
});
