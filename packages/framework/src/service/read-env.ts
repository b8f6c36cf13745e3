import { readFileSync } from "node:fs";
import { z } from "zod";
import { badOption } from "../core/index.js";

/** Environment variables as a process got them. */
export type Env = Readonly<Record<string, string | undefined>>;

/**
 * Reads the environment variables named in `shape`. A schema's `describe` text says what was expected; a variable
 * that is empty counts as absent. A secret may stand in a file instead: `NAME_FILE` is the path of the file that holds
 * the value of `NAME`, as containers get them.
 * @throws VastifyError `invalid_argument`, reason `bad_option`, naming the variables that are wrong
 */
export function readEnv<Shape extends z.ZodRawShape>(env: Env, shape: Shape): z.output<z.ZodObject<Shape>> {
  const given = Object.fromEntries(
    Object.keys(shape).flatMap((name) => {
      const value = givenFor(name, env);
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const parsed = z.object(shape).safeParse(given);
  if (parsed.success) return parsed.data;
  const name = String(parsed.error.issues[0]?.path[0]);
  const got = env[`${name}_FILE`] ? "what its file holds" : withoutPassword(given[name]);
  throw badOption(name, got, expectationOf(shape[name]) ?? "something else");
}

function givenFor(name: string, env: Env): string | undefined {
  const [value, file] = [env[name] || undefined, env[`${name}_FILE`] || undefined];
  if (file === undefined) return value;
  if (value !== undefined) throw badOption(`${name}_FILE`, file, `left out when ${name} is set`);
  return textOf(`${name}_FILE`, file) || undefined;
}

/** Without the line's end that editors leave behind. */
function textOf(name: string, file: string): string {
  try {
    return readFileSync(file, "utf8").replace(/\r?\n$/, "");
  } catch (error) {
    throw badOption(name, file, `a file that can be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

/** `describe` sits on the schema it was called on, which `default` and `optional` wrap. */
export function expectationOf(schema: unknown): string | undefined {
  for (let at = schema; at instanceof z.ZodType; at = (at.def as { innerType?: unknown }).innerType) {
    if (at.description !== undefined) return at.description;
  }
  return undefined;
}

function withoutPassword(text: string | undefined): string | undefined {
  return text?.replace(/\/\/[^@/]*@/, "//");
}
