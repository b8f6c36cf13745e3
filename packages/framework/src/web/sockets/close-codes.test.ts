import { expect, it } from "vitest";
import { VastifyError } from "../../core/index.js";
import { closingOf } from "./close-codes.js";

it.each<[VastifyError | Error, number, string]>([
  [new VastifyError("invalid_argument", "m", { reason: "bad_json" }), 1007, "bad_json"],
  [new VastifyError("invalid_argument", "m", { reason: "bad_input" }), 1008, "bad_input"],
  [new VastifyError("unauthenticated", "m"), 3000, "unauthenticated"],
  [new VastifyError("permission_denied", "m"), 3003, "permission_denied"],
  [new VastifyError("unavailable", "m", { reason: "peer_lost" }), 1012, "peer_lost"],
  [new VastifyError("unavailable", "m", { reason: "overloaded" }), 1013, "overloaded"],
  [new VastifyError("not_found", "m", { reason: "no_room" }), 1011, "no_room"],
  [new VastifyError("not_found", "m", { reason: "no room in /etc" }), 1011, "not_found"],
  [new VastifyError("not_found", "m", { reason: "x".repeat(200) }), 1011, "not_found"],
  [new Error("could not read /etc/passwd"), 1011, "internal"],
])("%o closes a socket by %i %s", (error, code, why) => {
  expect(closingOf(error)).toEqual({ code, why });
});
