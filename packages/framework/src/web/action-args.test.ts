import { expect, it } from "vitest";
import { keysBesideArgs } from "./action-args.js";

it("a request's args win over those that a route's message names", () => {
  const keys = keysBesideArgs({ module: "user", args: "fixed", if: "load" });
  expect({ args: { params: { id: "7" } }, ...keys }).toEqual({
    ...{ args: { params: { id: "7" } }, module: "user", if: "load" },
  });
});
