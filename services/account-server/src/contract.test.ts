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

describe("a user's id", () => {
  it("is the same in capitals, so that a change is seen under either", () => {
    const id = "6b02707f44a76b28e8bf3b44";
    const { findUser, editUser, deleteUser } = account.actions;
    for (const { input } of [findUser, editUser, deleteUser])
      expect(input.safeParse({ id: id.toUpperCase(), name: "Ann" }).data).toMatchObject({ id });
  });
});

describe("a list of users", () => {
  const listed = (filters: object) => account.actions.listUsers.input.safeParse(filters);

  it("begins with the first, and is as long as the settings say unless its reader does", () => {
    expect(listed({}).data).toEqual({ skip: 0 });
  });

  it("is filtered by what names begin with, written as names are, and by times with their zone", () => {
    expect(listed({ prefix: "cafe\u0301", createdFrom: "2026-01-01T01:00:00+01:00" }).data).toMatchObject({
      prefix: "caf\u00e9",
      createdFrom: new Date("2026-01-01T00:00:00Z"),
    });
    expect(listed({ createdBefore: "yesterday" }).error?.issues).toEqual([
      expect.objectContaining({ path: ["createdBefore"] }),
    ]);
  });
});
