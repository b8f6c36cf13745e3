import { describe, expect, it } from "vitest";
import { readInstanceAnswer } from "./ask-instance.js";

const address = { host: "10.0.0.7", port: 8080 };
const notes = { $$version: "1.2.0", $$microservicePort: 10_015, protocols: ["vastify/1"], description: "d" };
const read = (answer: Parameters<typeof readInstanceAnswer>[2]) => readInstanceAnswer("shop", address, answer);

describe("what is at an address", () => {
  it("is an instance when it says so, by its notes", () => {
    expect(read({ kind: "answered", status: 200, instance: "shop@1", notes })).toEqual({
      kind: "there",
      instance: {
        ...{ id: "shop@1", target: "shop", version: "1.2.0", host: "10.0.0.7", httpPort: 8080 },
        endpoint: { host: "10.0.0.7", port: 10_015, protocols: ["vastify/1"] },
        ...{ description: "d", zone: undefined },
      },
    });
  });

  it("is gone when nobody listens, and when it says that it takes no work", () => {
    expect(read({ kind: "refused" })).toEqual({ kind: "gone", id: undefined });
    expect(read({ kind: "answered", status: 503, instance: "shop@1" })).toEqual({ kind: "gone", id: "shop@1" });
  });

  it("may be anything when it says nothing", () => {
    expect(read({ kind: "silent" })).toEqual({ kind: "silent" });
  });

  it.each([
    [{ instance: "other@1", notes }, "it is no instance of shop, but other@1"],
    [{ instance: undefined }, "it is no instance of shop, but does not say of what"],
    [{ instance: "shop@1", notes: undefined }, /notes with a bad shape/],
    [{ instance: "shop@1", notes: { ...notes, $$version: "one" } }, /notes with a bad \$\$version: not a semver/],
  ])("is of no use otherwise: %j", (said, problem) => {
    const answer = read({ kind: "answered", status: 200, ...said });
    expect(answer).toEqual({ kind: "wrong", problem: expect.stringMatching(problem) });
  });
});
