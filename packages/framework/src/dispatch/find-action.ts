import type { Message } from "../core/index.js";
import { interceptCalls, internalsOf } from "./seneca-internals.js";
import type { ActionDefinition, Seneca } from "./seneca-types.js";

/** A node of Patrun's tree: a key, what follows each of its values, and where to go on without it. */
interface PatternNode {
  readonly k?: string;
  readonly v?: Readonly<Record<string, PatternNode | undefined>>;
  readonly s?: PatternNode;
  readonly g?: Readonly<Record<string, readonly Glob[] | undefined>>;
  readonly d?: ActionDefinition;
  /** A custom matcher, which only Patrun itself runs. */
  readonly f?: unknown;
}

interface Glob {
  match(value: unknown): boolean;
  readonly keymap: PatternNode;
}

/** @param without a key that is passed over, as if the message had it not */
export type Finder = (message: Message, without?: string) => ActionDefinition | undefined;

/**
 * Seneca's matching (Patrun: the keys in alphabetical order, the most specific path wins, globs after values) over
 * Patrun's own tree, without the objects and arrays that Patrun makes for every look-up.
 */
export function createFinder(seneca: Seneca): Finder {
  const { actrouter } = internalsOf(seneca).private$;
  const { top } = actrouter as unknown as { top(): PatternNode };
  const byPatrun = (message: Message, without?: string) => {
    const part = without === undefined ? message : { ...message, [without]: undefined };
    return actrouter.find(part) ?? undefined;
  };
  // Find neither awaits nor calls anything that finds, so one stack serves all.
  const skipped: PatternStep[] = [];
  let first: PatternStep | undefined;
  const forget = () => {
    first = undefined;
  };
  interceptCalls(actrouter, "add", forget);
  interceptCalls(actrouter, "remove", forget);

  return (message, without) => {
    first ??= new PatternStep(top());
    let step: PatternStep | undefined = first;
    let found = step.action;
    let depth = 0;
    while (step) {
      const { key }: PatternStep = step;
      // Most keys of most patterns are not in the message at all.
      const value = key === undefined || key === without ? undefined : message[key];
      const next: PatternStep | undefined = value === undefined ? undefined : step.by(value);
      const { rest }: PatternStep = step;
      if (next) {
        if (next.isCustom) return byPatrun(message, without);
        if (rest) skipped[depth++] = rest;
        found = next.action ?? found;
        step = next;
      } else step = rest;
      if (step === undefined && found === undefined && depth > 0) step = skipped[--depth];
    }
    return found;
  };
}

/** What stands at a node. Patrun's own are of many shapes, which makes looking at them several times as slow. */
class PatternStep {
  readonly key: string | undefined;
  readonly action: ActionDefinition | undefined;
  readonly isCustom: boolean;
  private readonly values: PatternNode["v"];
  private readonly globs: readonly Glob[] | undefined;
  /** By values, and by the nodes that globs lead to. */
  private readonly followed = new Map<string | PatternNode, PatternStep>();
  private readonly skip: PatternNode | undefined;
  private skipped: PatternStep | undefined = undefined;

  constructor({ k, v, s, g, d, f }: PatternNode) {
    this.key = k;
    this.action = d;
    this.isCustom = Boolean(f);
    this.values = v;
    this.globs = k === undefined ? undefined : g?.[k];
    this.skip = s;
  }

  /** Where to go on without the key. */
  get rest(): PatternStep | undefined {
    if (this.skipped === undefined && this.skip) this.skipped = new PatternStep(this.skip);
    return this.skipped;
  }

  /** What follows a value of the key. */
  by(value: unknown): PatternStep | undefined {
    return this.followed.get(value as string) ?? this.follow(value);
  }

  private follow(value: unknown): PatternStep | undefined {
    const text = String(value);
    const exact = this.values?.[text];
    if (exact !== undefined) return this.remember(text, exact);
    const glob = this.globs?.find((one) => one.match(value));
    return glob && this.remember(glob.keymap, glob.keymap);
  }

  private remember(by: string | PatternNode, node: PatternNode): PatternStep {
    let step = this.followed.get(by);
    if (!step) {
      step = new PatternStep(node);
      this.followed.set(by, step);
    }
    return step;
  }
}
