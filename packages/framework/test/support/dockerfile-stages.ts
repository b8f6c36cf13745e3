export interface Stage {
  /** The stage or image that it goes on from. */
  readonly base: string;
  /** Its instructions, each on one line. */
  readonly lines: readonly string[];
}

/** The stages of a Dockerfile by their names, in order. */
export function readStages(dockerfile: string): Map<string, Stage> {
  const stages = dockerfile
    .replaceAll("\\\n", " ")
    .split(/^FROM /m)
    .slice(1);
  return new Map(
    stages.map((stage) => {
      const [from = "", ...lines] = stage.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
      const [base = "", name = ""] = from.split(" AS ");
      return [name, { base, lines: lines.map((line) => line.replaceAll(/ +/g, " ")) }];
    }),
  );
}
