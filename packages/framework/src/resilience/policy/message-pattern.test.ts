import { describe, expect, it } from "vitest";
import { expectPattern, matchesPattern } from "./message-pattern.js";

const pattern = (value: unknown) => expectPattern(value, "pattern");

describe("a pattern", () => {
  it.each([
    ["cmd:load", { cmd: "load", id: 7 }],
    ["role:user,cmd:load", { cmd: "load", role: "user" }],
    [' role : user , cmd:"load" ', { cmd: "load", role: "user" }],
    [{ cmd: "*" }, { cmd: "anything" }],
    ["cmd:*", { cmd: 0 }],
    ["page:2,all:true", { page: 2, all: true }],
    ['$$version:"1.0"', { $$version: "1.0" }],
    ["url:http://x/y", { url: "http://x/y" }],
  ])("%j matches %j", (written, message) => {
    expect(matchesPattern(pattern(written), message)).toBe(true);
  });

  it.each([
    ["cmd:load", { cmd: "save" }],
    ["cmd:load,role:user", { cmd: "load" }],
    ["cmd:*", {}],
    ["cmd:*", { cmd: null }],
    ["cmd:load", { cmd: ["load"] }],
    ["page:2", { page: 3 }],
  ])("%j does not match %j", (written, message) => {
    expect(matchesPattern(pattern(written), message)).toBe(false);
  });

  it("is the same however it is written", () => {
    expect(pattern({ role: "user", cmd: "load" }).text).toBe(pattern('role:"user", cmd:load').text);
  });

  it.each([
    "",
    "cmd",
    "cmd:",
    ":load",
    "cmd:a,cmd:b",
    "cmd:a,,",
    'cmd:"',
    {},
    { cmd: 1 },
    { cmd: "" },
    null,
    [],
    7,
    undefined,
  ])("is not %j", (written) => {
    expect(() => pattern(written)).toThrow(/^pattern must be an object of texts/);
  });
});
