import { describe, expect, it } from "vitest";
import { openRoutes } from "./open-routes.js";

const route = (text: string, access?: { roles?: string[]; scopes?: string[] }) => {
  const [method = "", path = ""] = text.split(" ");
  return { method, path, access: access && { level: "public" as const, roles: [], scopes: [], ...access } };
};

describe("a route", () => {
  it.each([
    ["GET /user/:id", "GET /user/:key", true],
    ["GET /user/:id", "POST /user/:id", false],
    ["GET /user/:id", "GET /user/me", false],
    ["GET /user/*", "GET /user/:id/pets", true],
    ["GET /user/*", "GET /user", false],
    ["GET /user/*", "GET /users/:id", false],
    ["GET /user/*", "GET /:any/secrets", false],
    ["* /status", "DELETE /status", true],
    ["GET /*", "GET /", true],
  ])("with %s opened: is %s open? %s", (listed, asked, is) => {
    expect(openRoutes([listed], "auth.open")(route(asked))).toBe(is);
  });

  it("with a contract is as open as that says, whatever is listed", () => {
    const isOpen = openRoutes(["GET /*"], "auth.open");
    expect(isOpen(route("GET /a", {}))).toBe(true);
    expect(isOpen(route("GET /a", { roles: ["admin"] }))).toBe(false);
    expect(isOpen(route("GET /a", { scopes: ["read"] }))).toBe(false);
    expect(openRoutes([], "auth.open")(route("GET /a", {}))).toBe(true);
  });

  it.each(["/user", "GET user", "get /user", "GET /user/*/pets", "GET"])("can't be opened by %s", (listed) => {
    expect(() => openRoutes([listed], "auth.open")).toThrow(/auth\.open\[0\] must be a method and a path/);
  });
});
