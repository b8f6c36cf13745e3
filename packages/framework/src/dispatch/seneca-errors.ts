import { VastifyError } from "../core/index.js";

/** Seneca's own errors in our words; anything else as it was thrown. */
export function fromSeneca(thrown: unknown, name: string): unknown {
  if (typeof thrown !== "object" || thrown === null || !("seneca" in thrown) || thrown.seneca !== true) return thrown;
  const code = "code" in thrown ? thrown.code : undefined;
  const cause = thrown;
  switch (code) {
    case "act_not_found":
      return new VastifyError("not_found", `${name} has no action for the message`, { reason: "no_pattern" });
    case "action_timeout":
      return new VastifyError("deadline_exceeded", "the action did not finish in time", {
        reason: "deadline_exceeded",
      });
    case "maxparents":
      return new VastifyError("failed_precondition", "a chain of calls goes round in circles", { reason: "too_deep" });
    case "closed":
      return new VastifyError("unavailable", `${name} is stopping`, { reason: "draining" });
    case "act_invalid_msg":
    case "act_invalid_args":
      return new VastifyError("invalid_argument", (thrown as unknown as Error).message, {
        reason: "bad_message",
        cause,
      });
    default:
      return thrown;
  }
}
