import { execFile } from "node:child_process";
import { cp, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { readStages } from "../../packages/framework/test/support/dockerfile-stages.js";

export interface ImageBuild {
  readonly dockerfile: string;
  readonly target: string;
  /** The folder that COPY copies from. */
  readonly context: string;
  /** Where each stage gets a folder, which stands for its WORKDIR. */
  readonly into: string;
}

export interface BuiltImage {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly command: readonly string[];
}

/** Carries out the steps of a Dockerfile up to a stage, as far as ours use them, without a container. */
export async function buildTarget({ dockerfile, target, context, into }: ImageBuild): Promise<BuiltImage> {
  const stages = readStages(dockerfile);
  const built = new Map<string, Promise<BuiltImage>>();

  function build(name: string): Promise<BuiltImage> {
    const known = built.get(name) ?? carryOut(name);
    built.set(name, known);
    return known;
  }

  async function carryOut(name: string): Promise<BuiltImage> {
    const stage = stages.get(name);
    const folder = join(into, name);
    await mkdir(folder, { recursive: true });
    // The image that all begins with: Node.js, and nothing in the folder.
    if (!stage) return { folder, env: {}, command: [] };
    const before = await build(stage.base);
    await copy(before.folder, folder);
    let { env, command } = before;
    for (const line of stage.lines) {
      const [, word = "", rest = ""] = /^(\w+) (.*)$/.exec(line) ?? [];
      if (word === "RUN") await run(rest.replace(/^--mount=\S+ /, ""), folder);
      else if (word === "COPY") await copyInto(rest.split(" "), folder);
      else if (word === "ENV") env = { ...env, ...Object.fromEntries(rest.split(" ").map((pair) => pair.split("="))) };
      else if (word === "CMD") command = JSON.parse(rest) as string[];
      else if (!["WORKDIR", "USER", "EXPOSE", "HEALTHCHECK"].includes(word)) throw new Error(`what is ${line}?`);
    }
    return { folder, env, command };
  }

  async function copyInto(words: readonly string[], folder: string): Promise<void> {
    const from = /^--from=(.+)$/.exec(words[0] ?? "")?.[1];
    if (from) return copy((await build(from)).folder, folder);
    const sources = words.slice(0, -1);
    const goal = join(folder, words.at(-1) ?? "");
    for (const source of sources) {
      if (source === ".") await copy(context, goal);
      else await cp(join(context, source), join(goal, source.split("/").at(-1) ?? ""), { recursive: true });
    }
  }

  return build(target);
}

async function copy(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  // Node.js's own copy makes links absolute, and they would lead out of the folder.
  await promisify(execFile)("cp", ["--archive", `${from}/.`, to]);
}

async function run(command: string, folder: string): Promise<void> {
  const { PATH, HOME } = process.env;
  const options = { cwd: folder, env: { PATH, HOME }, maxBuffer: 64 * 1024 * 1024 };
  await promisify(execFile)("sh", ["-c", command], options);
}
