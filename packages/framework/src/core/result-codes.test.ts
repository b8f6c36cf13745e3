import { expect, it } from "vitest";
import { VastifyError } from "./error.js";
import { resultCodeOf } from "./result-codes.js";

it.each([
  [new VastifyError("invalid_argument", ""), 2000],
  [new VastifyError("unauthenticated", "", { reason: "wrong_credentials" }), 2100],
  [new VastifyError("unauthenticated", "", { reason: "not_logged_in" }), 2101],
  [new VastifyError("not_found", "", { reason: "no_pattern" }), 30404],
  [new VastifyError("not_found", "", { reason: "peer_no_pattern" }), 30500],
  [new VastifyError("internal", "", { reason: "peer_failed" }), 30500],
  [new VastifyError("unavailable", "", { reason: "peer_unreachable" }), 30502],
  [new VastifyError("deadline_exceeded", ""), 30504],
  [new VastifyError("not_found", "", { reason: "no_user" }), undefined],
])("%o has the shared result code", (error, code) => {
  expect(resultCodeOf(error)).toBe(code);
});
