import semver from "semver";

/** Whether a text is a whole semver, such as "1.2.3" or "2.0.0-beta.1". */
export function isVersion(text: unknown): text is string {
  return typeof text === "string" && semver.valid(text) !== null;
}

/** Whether a text is a version or a range of them, such as "^1.2". */
export function isVersionRange(text: unknown): text is string {
  return typeof text === "string" && semver.validRange(text) !== null;
}
