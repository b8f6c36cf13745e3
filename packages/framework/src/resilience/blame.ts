import type { VastifyError } from "../core/index.js";

/**
 * What a failed call says about the instance it was sent to: `blamed` that it does not do its work, `cleared` that it
 * answered as it should, `unknown` nothing.
 */
export type Verdict = "blamed" | "cleared" | "unknown";

/**
 * Failures whose cause is not the instance: a decision made before any was asked, a limit of the caller, or the same
 * of a service behind the instance, passed on by it.
 */
const ofSomebodyElse: ReadonlySet<string | undefined> = new Set([
  "bad_result",
  "body_too_large",
  "bulkhead_full",
  "circuit_open",
  "dependency_failed",
  "no_instances",
  "no_version",
  "registry_unreachable",
]);

/**
 * Reads an error as evidence about the instance.
 *
 * Blamed are `unavailable`, `deadline_exceeded` and `internal`: one instance that fails at once (a missing setting, a
 * full disk) would otherwise look fast and draw the calls to it. An action that fails everywhere blames all instances
 * alike, and those who pass over blamed ones use them all when no other is left. `resource_exhausted` blames only as
 * `too_many_calls`, since an action may answer it for a caller's used up quota. All other codes are answers to what
 * the caller asked. A canceled call says nothing, as does a failure of somebody else.
 */
export function verdictOn({ code, reason }: VastifyError): Verdict {
  if (ofSomebodyElse.has(reason)) return "unknown";
  switch (code) {
    case "unavailable":
    case "deadline_exceeded":
    case "internal":
      return "blamed";
    case "resource_exhausted":
      return reason === "too_many_calls" ? "blamed" : "cleared";
    case "canceled":
      return "unknown";
    case "invalid_argument":
    case "unauthenticated":
    case "permission_denied":
    case "not_found":
    case "already_exists":
    case "failed_precondition":
    case "unimplemented":
      return "cleared";
    default:
      return code satisfies never;
  }
}

/** Whether a failed call speaks against the instance it was sent to. */
export function blamesInstance(error: VastifyError): boolean {
  return verdictOn(error) === "blamed";
}
