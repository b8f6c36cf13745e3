import type { Logger } from "../core/index.js";
import type { AuthoredHandler } from "./action-handlers.js";
import { type DirectAction, defineSelf, type NestedCalls, type SelfClass } from "./action-self.js";
import { internalsOf } from "./seneca-internals.js";
import type { ActionDefinition, Seneca } from "./seneca-types.js";

export interface DirectActionsOptions {
  readonly seneca: Seneca;
  /** By the function that Seneca holds. */
  readonly authored: WeakMap<object, AuthoredHandler>;
  readonly nested: NestedCalls;
  readonly log: Logger;
}

/** Gives the action of a definition, or null when only Seneca does it right. */
export function createDirectActions({
  seneca,
  authored,
  nested,
  log,
}: DirectActionsOptions): (definition: ActionDefinition) => DirectAction | null {
  const prepared = new WeakMap<ActionDefinition, DirectAction | null>();
  /** By what their actions' `this` inherits from: a plugin, or Seneca itself. */
  const selves = new WeakMap<object, SelfClass>();

  function prepare(definition: ActionDefinition): DirectAction | null {
    const handler = authored.get(definition.func as object);
    if (!handler || !isPlainAction(definition, handler)) return null;
    const { priordef } = definition;
    const prior = !priordef ? undefined : priordef.client ? "remote" : direct(priordef);
    if (prior === null) return null;
    const author = { log, pattern: definition.pattern };
    return { ...handler, definition, author, prior, Self: selfOf(definition), timeoutMs: actionTimeoutOf(definition) };
  }

  function selfOf({ plugin_fullname: name = "" }: ActionDefinition): SelfClass {
    const plugin = internalsOf(seneca).private$.plugins[name];
    const owner = plugin ?? seneca;
    let Self = selves.get(owner);
    if (!Self) {
      const base = plugin ? Object.assign(Object.create(seneca), { plugin, shared: plugin.shared }) : seneca;
      Self = defineSelf(base, nested);
      selves.set(owner, Self);
    }
    return Self;
  }

  function direct(definition: ActionDefinition): DirectAction | null {
    let action = prepared.get(definition);
    if (action === undefined) {
      action = prepare(definition);
      prepared.set(definition, action);
    }
    return action;
  }

  return direct;
}

/** Directives of `add` that change nothing in how the action runs. */
const harmless: ReadonlySet<string> = new Set(["private$", "strict$", "timeout$"]);

function isPlainAction(definition: ActionDefinition, { handler }: AuthoredHandler): boolean {
  const { raw = {}, rules = {}, func } = definition;
  // A handler with three parameters wants Seneca's meta object.
  if (handler.length > 2 || definition.client || definition.sub) return false;
  if (Object.keys(raw).some((key) => key.endsWith("$") && !harmless.has(key))) return false;
  if (definition.gubu !== undefined || definition.validate !== undefined) return false;
  return Object.keys(rules).length === 0 && !("validate" in (func as object));
}

/** The `timeout$` of an action's pattern: how long any call of it may take, in milliseconds. */
export function actionTimeoutOf({ raw = {} }: ActionDefinition): number | undefined {
  const { timeout$ } = raw;
  return typeof timeout$ === "number" && timeout$ > 0 ? timeout$ : undefined;
}
