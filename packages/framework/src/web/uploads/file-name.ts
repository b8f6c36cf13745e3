/** Longer than any file system takes, in characters. */
const longestName = 200;

/**
 * The name of a file as a client gave it, without what would lead out of a folder or hide in a log: paths, control
 * characters, leading dots. It is for people; where the bytes are kept is better named otherwise.
 */
export function safeFileName(given: string | undefined): string {
  const [last = ""] = (given ?? "").split(/[\\/]/).slice(-1);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not stay
  const plain = last.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069<>:"|?*]/g, "");
  const name = plain.replace(/^[.\s]+/, "").trim();
  return name === "" ? "file" : [...name].slice(0, longestName).join("");
}
