import { describe, expect, it } from "vitest";
import { errorCodes, httpStatusOf, VastifyError } from "./error.js";

describe("VastifyError.from", () => {
  it("gives one of ours back as it is", () => {
    const error = new VastifyError("not_found", "no user 7", { reason: "no_user" });
    expect(VastifyError.from(error)).toBe(error);
  });

  it("recognises the error of another copy of this package", () => {
    const foreign = Object.assign(new Error("no user 7"), { code: "not_found", [Symbol.for("vastify.error")]: true });
    expect(VastifyError.from(foreign)).toBe(foreign);
  });

  it("makes anything else internal and keeps it as the cause", () => {
    const cause = new TypeError("x is undefined");
    expect(VastifyError.from(cause)).toMatchObject({ code: "internal", cause });
    expect(VastifyError.from("just a string")).toMatchObject({ code: "internal", cause: "just a string" });
  });

  it("takes an abort for a canceled call", () => {
    expect(VastifyError.from(AbortSignal.abort().reason).code).toBe("canceled");
  });
});

describe("an error on the wire", () => {
  it("keeps code, message, reason and details", () => {
    const error = new VastifyError("not_found", "no user 7", { reason: "no_user", details: { id: "7" } });
    const back = VastifyError.fromWire({ ...VastifyError.toWire(error, "tx1") });
    expect(back).toMatchObject({ code: "not_found", message: "no user 7", reason: "no_user", details: { id: "7" } });
  });

  it("tells nothing of an error that somebody else wrote but where to look", () => {
    const wire = VastifyError.toWire(new Error("connect to mongodb://admin:secret@db failed"), "tx1");
    expect(wire.code).toBe("internal");
    expect(wire.message).toContain("tx1");
    expect(JSON.stringify(wire)).not.toContain("secret");
  });

  it("tells nothing of it after it was made one of ours either", () => {
    const wire = VastifyError.toWire(VastifyError.from(new Error("secret")), "tx1");
    expect(JSON.stringify(wire)).not.toContain("secret");
  });

  it("never carries a stack or a cause", () => {
    const error = new VastifyError("unavailable", "gone", { cause: new Error("deep") });
    expect(Object.keys(VastifyError.toWire(error))).toEqual(["code", "message"]);
  });

  it("with a code that we don't know becomes internal", () => {
    expect(VastifyError.fromWire({ code: "teapot", message: "short and stout" })).toMatchObject({ code: "internal" });
  });
});

it.each(errorCodes)("%s has an HTTP status of a failure", (code) => {
  expect(httpStatusOf(code)).toBeGreaterThanOrEqual(400);
  expect(httpStatusOf(code)).toBeLessThan(600);
});
