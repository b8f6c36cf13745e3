import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineAction } from "./action.js";
import { defineContract } from "./contract.js";
import { headersOf } from "./rest-request.js";

const { actions } = defineContract({
  target: "library",
  version: "1.0.0",
  actions: {
    findBook: defineAction({ input: z.object({ id: z.string() }) }),
    parse: defineAction({ input: z.object({ args: z.looseObject({}) }) }),
  },
});
const headers = { "if-match": '"7"' };

describe("headersOf", () => {
  it("gives the headers of the request that a message carries", () => {
    expect(headersOf(actions.findBook)({ args: { params: { id: "7" }, headers } })).toEqual(headers);
  });

  it.each([
    { id: "7" },
    { id: "7", args: { headers } },
    { args: { params: {} } },
    { args: { params: {}, headers: null } },
    { args: { params: {}, headers: { "if-match": ['"7"'] } } },
  ])("gives none for %j", (message) => {
    expect(headersOf(actions.findBook)(message)).toEqual({});
  });

  it("gives none to an action whose own input is `args`", () => {
    expect(headersOf(actions.parse)({ args: { body: {}, headers } })).toEqual({});
  });
});
