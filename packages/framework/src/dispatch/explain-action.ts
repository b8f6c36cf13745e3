import type { Addressee } from "../core/index.js";
import type { ActionDefinition } from "./seneca-types.js";

/** The action of this process that a message would run. */
export interface ExplainedAction {
  /** As Seneca writes it; `""` for one that names only keys with a `$`. */
  readonly pattern: string;
  /** The plugin that added it. */
  readonly plugin: string | undefined;
  /** The patterns of the actions that it replaced, which it may call by `this.prior`: the nearest first. */
  readonly priors: readonly string[];
  /** Whether it is run directly, or by Seneca's own machinery (docs/reference/dispatch.md). */
  readonly way: "direct" | "seneca";
}

/** What would become of a message here: an action runs, or it goes to another process, or neither. */
export interface ExplainedDispatch {
  readonly action: ExplainedAction | undefined;
  /** Where it is sent; undefined when it stays here. */
  readonly addressee: Addressee | undefined;
}

export function explainAction(definition: ActionDefinition, way: ExplainedAction["way"]): ExplainedAction {
  const priors: string[] = [];
  for (let prior = definition.priordef; prior; prior = prior.priordef) priors.push(prior.pattern);
  return { pattern: definition.pattern, plugin: pluginOf(definition), priors, way };
}

function pluginOf({ plugin_fullname: name }: ActionDefinition): string | undefined {
  return name === undefined || name === "" || name === "root$" ? undefined : name;
}
