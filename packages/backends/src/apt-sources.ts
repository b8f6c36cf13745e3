import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** One place that apt fetches packages from. */
export interface AptSource {
  readonly uri: string;
  readonly suites: readonly string[];
  readonly components: readonly string[];
  /** The keyring file that its signature is checked with. */
  readonly signedBy?: string | undefined;
  /** The machine's owner told apt not to check signatures here. */
  readonly isTrusted: boolean;
}

const debianSuite =
  /^(buster|bullseye|bookworm|trixie|forky|duke|sid|stable|oldstable|oldoldstable|testing|unstable)(-updates|-backports)?$/;

/**
 * The machine's Debian mirrors, the likeliest first. Other vendors use Debian's suite names too, so every one is only
 * a candidate until apt has fetched from it.
 */
export async function readDebianMirrors(aptFolder = "/etc/apt"): Promise<AptSource[]> {
  const parts = await readdir(join(aptFolder, "sources.list.d")).catch(() => [] as string[]);
  const files = ["sources.list", ...parts.sort().map((name) => join("sources.list.d", name))];
  const sources: AptSource[] = [];
  for (const file of files) {
    const parse = file.endsWith(".sources") ? parseSourcesFile : file.endsWith(".list") ? parseListFile : undefined;
    if (parse) sources.push(...parse(await readFile(join(aptFolder, file), "utf8").catch(() => "")));
  }
  return selectDebianMirrors(sources);
}

/** The sources that look like a Debian main archive, the likeliest first, each URI once. */
export function selectDebianMirrors(sources: readonly AptSource[]): AptSource[] {
  const mirrors = sources.filter(
    ({ uri, suites, components }) =>
      !uri.startsWith("cdrom:") && components.includes("main") && suites.some((suite) => debianSuite.test(suite)),
  );
  const byUri = new Map(mirrors.toReversed().map((source) => [source.uri.replace(/\/$/, ""), source]));
  return [...byUri.values()].reverse().sort((a, b) => likelihood(b) - likelihood(a));
}

function likelihood({ uri, suites, signedBy }: AptSource): number {
  return (
    (/\/debian(\/|$)/.test(uri) ? 4 : 0) +
    (signedBy?.includes("debian-archive") ? 2 : 0) +
    (suites.some((suite) => suite.endsWith("-updates")) ? 1 : 0)
  );
}

/** Reads apt's one-line format (`*.list`). */
export function parseListFile(text: string): AptSource[] {
  return text.split("\n").flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)([^#]*)/.exec(line);
    if (!match) return [];
    const [, options = "", uri = "", suite = "", components = ""] = match;
    const option = new Map(words(options).map((word) => word.split("=", 2) as [string, string | undefined]));
    return [
      {
        uri,
        suites: [suite],
        components: words(components),
        signedBy: keyringFile(option.get("signed-by")),
        isTrusted: option.get("trusted") === "yes",
      },
    ];
  });
}

/** Reads apt's stanza format (`*.sources`). */
export function parseSourcesFile(text: string): AptSource[] {
  const withoutComments = text.replace(/^#.*\n?/gm, "");
  return withoutComments.split(/\n[ \t]*\n/).flatMap((stanza) => {
    const fields = readFields(stanza);
    if (!words(fields.get("types")).includes("deb") || /^(no|false|0|off)$/i.test(fields.get("enabled") ?? ""))
      return [];
    return words(fields.get("uris")).map((uri) => ({
      uri,
      suites: words(fields.get("suites")),
      components: words(fields.get("components")),
      signedBy: keyringFile(fields.get("signed-by")),
      isTrusted: fields.get("trusted")?.toLowerCase() === "yes",
    }));
  });
}

/** A stanza's fields by lower-case name; a line that begins with a blank continues the one before. */
function readFields(stanza: string): Map<string, string> {
  const unfolded = stanza.replace(/\n[ \t]+/g, " ");
  return new Map(
    unfolded.split("\n").flatMap((line) => {
      const colon = line.indexOf(":");
      return colon < 0 ? [] : [[line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()] as const];
    }),
  );
}

/** Signed-By may also hold a whole key or a fingerprint, which we leave alone. */
function keyringFile(signedBy: string | undefined): string | undefined {
  const [first] = words(signedBy?.replaceAll(",", " "));
  return first?.startsWith("/") ? first : undefined;
}

function words(text: string | undefined): string[] {
  return text?.split(/\s+/).filter((word) => word !== "") ?? [];
}
