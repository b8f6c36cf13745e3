import { describe, expect, it } from "vitest";
import { badOption, expectPort, expectTargetName } from "./expect-option.js";

describe("options", () => {
  it.each([0, -1, 65_536, 1.5, "80", undefined, Number.NaN])("the port %s is refused by name", (port) => {
    expect(() => expectPort("http.port", port)).toThrow(/^http\.port must be a port number/);
  });

  it.each(["", "a@b", "a b", "-a", "a/", "x".repeat(65), undefined])("the name %j is refused", (name) => {
    expect(() => expectTargetName("name", name)).toThrow(/^name must be a name of/);
  });

  it.each([
    [[], "[]"],
    [[""], "[ '' ]"],
    [["a", 1], "[ 'a', 1 ]"],
    ["", '""'],
    [undefined, "undefined"],
  ])("of a wrong one %j the message shows what it is", (got, shown) => {
    expect(badOption("hosts", got, "some hosts").message).toBe(`hosts must be some hosts, got ${shown}`);
  });

  it("good ones come back", () => {
    expect(expectPort("p", 80)).toBe(80);
    expect(expectTargetName("n", "account-server")).toBe("account-server");
  });
});
