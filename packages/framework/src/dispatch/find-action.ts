import type { Message } from "../core/index.js";
import { internalsOf } from "./seneca-internals.js";
import type { ActionDefinition, Seneca } from "./seneca-types.js";

/** A node of Patrun's tree: a key, what follows each of its values, and where to go on without it. */
interface PatternNode {
  readonly k?: string;
  readonly v?: Readonly<Record<string, PatternNode | undefined>>;
  readonly s?: PatternNode;
  readonly g?: Readonly<
    Record<string, readonly { match(value: unknown): boolean; readonly keymap: PatternNode }[] | undefined>
  >;
  readonly d?: ActionDefinition;
  /** A custom matcher, which only Patrun itself runs. */
  readonly f?: unknown;
}

/** @param without a key that is passed over, as if the message had it not */
export type Finder = (message: Message, without?: string) => ActionDefinition | undefined;

/**
 * Seneca's matching (Patrun: the keys in alphabetical order, the most specific path wins, globs after values) over
 * Patrun's own tree, without the objects and arrays that Patrun makes for every look-up.
 */
export function createFinder(seneca: Seneca): Finder {
  const { actrouter } = internalsOf(seneca).private$;
  const { top: root } = actrouter as unknown as { top(): PatternNode };
  const byPatrun = (message: Message, without?: string) => {
    const part = without === undefined ? message : { ...message, [without]: undefined };
    return actrouter.find(part) ?? undefined;
  };
  const top = root();
  // Find neither awaits nor calls anything that finds, so one stack serves all.
  const skipped: PatternNode[] = [];

  return (message, without) => {
    let node: PatternNode | undefined = top;
    let found: ActionDefinition | undefined = top.d;
    let depth = 0;
    while (node) {
      const next: PatternNode | undefined =
        node.v === undefined || node.k === without ? undefined : follow(node, message[node.k as string]);
      if (next) {
        if (next.f) return byPatrun(message, without);
        if (node.s) skipped[depth++] = node.s;
        found = next.d ?? found;
        node = next;
      } else node = node.v === undefined ? undefined : node.s;
      if (node === undefined && found === undefined && depth > 0) node = skipped[--depth];
    }
    return found;
  };
}

function follow({ k, v, g }: PatternNode, value: unknown): PatternNode | undefined {
  // Most keys of most patterns are not in the message at all.
  if (value === undefined) return undefined;
  const exact = v?.[value as string];
  if (exact !== undefined || g === undefined) return exact;
  const globs = g[k as string];
  if (globs) for (const glob of globs) if (glob.match(value)) return glob.keymap;
  return undefined;
}
