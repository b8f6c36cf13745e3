import { scryptSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { hashPassword, verifyPassword } from "./password.js";

describe("a stored password", () => {
  it("is verified by the password it was made of, and by no other", async () => {
    const hash = await hashPassword("correct horse");
    expect(await verifyPassword("correct horse", hash)).toBe(true);
    expect(await verifyPassword("correct hors", hash)).toBe(false);
  });

  it("differs for equal passwords", async () => {
    expect(await hashPassword("correct horse")).not.toBe(await hashPassword("correct horse"));
  });

  it("keeps its parameters, so that older ones stay valid", async () => {
    const salt = Buffer.alloc(16, 7);
    const key = scryptSync("secret", salt, 32, { N: 16, r: 1, p: 1 });
    const older = `$scrypt$ln=4,r=1,p=1$${salt.toString("base64")}$${key.toString("base64")}`;
    expect(await verifyPassword("secret", older)).toBe(true);
  });

  it("is verified however the keyboard composed its letters", async () => {
    expect(await verifyPassword("caf\u0065\u0301-zebra", await hashPassword("caf\u00e9-zebra"))).toBe(true);
  });
});

it("a user who does not exist has no right password", async () => {
  expect(await verifyPassword("anything", undefined)).toBe(false);
});
