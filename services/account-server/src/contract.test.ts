import { describe, expect, it } from "vitest";
import { account } from "./contract.js";

const withName = (name: unknown) => account.actions.createUser.input.safeParse({ name, password: "long enough" });

describe("a user's name", () => {
  it("is the same however Unicode writes it, and around its spaces", () => {
    expect(withName(" cafe\u0301 ").data).toMatchObject({ name: "caf\u00e9" });
  });

  it.each(["", "   ", "a\u0000b", "a\nb", "\ud800", "x".repeat(65), 7, null, undefined])("is not %j", (name) => {
    expect(withName(name).error?.issues).toEqual([expect.objectContaining({ path: ["name"] })]);
  });
});
