import { jwtVerify } from "jose";
import { describe, expect, it } from "vitest";
import { createSessions } from "./sessions.js";

const secret = "a secret of thirty-two characters and more";
const time = Date.parse("2026-01-01T00:00:00Z");
const sessions = (isSecure = true) => createSessions({ secret, hours: 2, isSecure }, () => time);

describe("a session", () => {
  it("is a signed token about its user, which ends with the cookie", async () => {
    const [pair = "", ...attributes] = (await sessions().begin("user-7")).split("; ");
    expect(attributes).toEqual(["Path=/", "Max-Age=7200", "HttpOnly", "SameSite=Lax", "Secure"]);
    const [name, token = ""] = pair.split("=");
    expect(name).toBe("session");
    const { payload } = await jwtVerify(token, new TextEncoder().encode(secret), { currentDate: new Date(time) });
    const began = time / 1_000;
    expect(payload).toEqual({
      ...{ iss: "account-server", aud: "vastify", sub: "user-7" },
      ...{ iat: began, exp: began + 7_200 },
    });
  });

  it("is for plain HTTP only when that is asked for", async () => {
    expect(await sessions(false).begin("user-7")).not.toContain("Secure");
  });

  it("ends with a cookie that is empty and over", () => {
    expect(sessions().end()).toBe("session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure");
  });

  it("is signed with no secret that could be guessed, and no error shows it", () => {
    const options = { secret: "hunter2", hours: 2, isSecure: true };
    expect(() => createSessions(options)).toThrow(/^SESSION_SECRET must have 32 characters at least$/);
  });
});
