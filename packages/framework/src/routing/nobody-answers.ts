import semver from "semver";
import { type Addressee, VastifyError } from "../core/index.js";
import type { Directory } from "../discovery/index.js";
import { longestRange } from "./target-routes.js";
import type { TargetState } from "./target-state.js";

/** Why no instance can answer a call: which of the many things it was, and what is alive instead. */
export function nobodyAnswers(
  { target, version }: Addressee,
  { followed, routes }: TargetState,
  directory: Directory,
): VastifyError {
  if (version !== undefined && (version.length > longestRange || semver.validRange(version) === null)) {
    const shown = version.slice(0, longestRange);
    const text = `$$version of the call to ${target}, or its override, must be a semver or a range, got ${shown}`;
    return new VastifyError("invalid_argument", text, { reason: "bad_version" });
  }
  if (routes.versions.length > 0) {
    const wanted = version === undefined ? "is a stable version" : `satisfies version ${version}`;
    const alive = routes.versions.join(", ");
    return new VastifyError("unavailable", `no instance of ${target} ${wanted}; alive: ${alive}`, {
      reason: "no_version",
      details: { target, version, alive: routes.versions },
    });
  }
  if (followed.instances.length > 0) {
    return new VastifyError("unimplemented", `${target} answers no calls: it has no microservice port`, {
      reason: "no_calls",
    });
  }
  if (!followed.isKnown) {
    return new VastifyError("unavailable", `nobody knows where ${target} is: Consul could not be asked`, {
      reason: "registry_unreachable",
      details: { target },
    });
  }
  if (!directory.isKnown(target)) {
    return new VastifyError("not_found", `no service named ${target} is registered`, {
      reason: "no_target",
      details: { target },
    });
  }
  return new VastifyError("unavailable", `no instance of ${target} is alive`, {
    reason: "no_instances",
    details: { target },
  });
}
