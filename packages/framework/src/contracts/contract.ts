import { badOption, expectTargetName } from "../core/index.js";
import type { ActionDeclaration, ContractAction } from "./action.js";
import { expectTags } from "./cache-tags.js";
import type { ContractEvent, EventDeclaration } from "./event.js";
import { expectBatches } from "./expect-links.js";
import { resolveAction } from "./resolve-action.js";
import { isSchema, type Schema } from "./schema.js";

export interface ContractDeclaration<
  Actions extends Readonly<Record<string, ActionDeclaration>>,
  Events extends Readonly<Record<string, EventDeclaration>>,
> {
  /** The service that keeps it. */
  readonly target: string;
  /** Semver: callers ask for this version or a newer compatible one. */
  readonly version: string;
  /** By the names that callers use. */
  readonly actions: Actions;
  /** @default none */
  readonly events?: Events;
}

/** What a target offers, with types. */
export interface Contract<
  Actions extends Readonly<Record<string, ContractAction>> = Readonly<Record<string, ContractAction>>,
  Events extends Readonly<Record<string, ContractEvent>> = Readonly<Record<string, ContractEvent>>,
> {
  readonly target: string;
  readonly version: string;
  readonly actions: Actions;
  readonly events: Events;
}

/** The actions of a contract, by what their declarations say of input, output and socket. */
type ActionsOf<Declarations> = {
  readonly [Name in keyof Declarations]: Declarations[Name] extends ActionDeclaration<
    infer Input,
    infer Output,
    infer Socket
  >
    ? ContractAction<Input, Output, Socket>
    : never;
};

type EventsOf<Declarations> = {
  readonly [Name in keyof Declarations]: Declarations[Name] extends EventDeclaration<infer Payload>
    ? ContractEvent<Payload>
    : never;
};

// As semver.org has it, without build metadata, which no range can ask for.
const semver = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$/;

/**
 * Declares what a target offers. It is plain data: callers import it without the service.
 * @throws VastifyError `invalid_argument`, reason `bad_option`, naming the field
 */
export function defineContract<
  const Actions extends Readonly<Record<string, ActionDeclaration<Schema, Schema>>>,
  const Events extends Readonly<Record<string, EventDeclaration>> = Readonly<Record<never, never>>,
>(declaration: ContractDeclaration<Actions, Events>): Contract<ActionsOf<Actions>, EventsOf<Events>> {
  const target = expectTargetName("contract.target", declaration.target);
  const { version } = declaration;
  if (typeof version !== "string" || !semver.test(version))
    throw badOption(`${target}'s contract.version`, version, 'a semver such as "1.2.3"');
  const actions: Record<string, ContractAction> = {};
  for (const [name, action] of Object.entries(declaration.actions))
    actions[name] = resolveAction(`${target}.${name}`, name, action);
  expectDistinct(target, Object.values(actions));
  expectBatches(target, actions);
  const events: Record<string, ContractEvent> = {};
  for (const [key, event] of Object.entries(declaration.events ?? {})) {
    if (typeof event.name !== "string" || event.name === "")
      throw badOption(`${target}'s event ${key}.name`, event.name, 'a name such as "user.created"');
    if (!isSchema(event.payload)) throw badOption(`${target}'s event ${key}.payload`, event.payload, "a schema");
    if (event.forgets) expectTags(`${target}'s event ${key}.forgets`, event.forgets);
    events[key] = { ...event, target, version };
  }
  return { target, version, actions, events } as Contract<ActionsOf<Actions>, EventsOf<Events>>;
}

/** Two actions that one message or request would choose are one too many. */
function expectDistinct(target: string, actions: readonly ContractAction[]): void {
  const holders = new Map<string, string>();
  for (const { name, pattern, rest } of actions) {
    const chosenBy = [`the pattern ${patternText(pattern)}`];
    if (rest) chosenBy.push(`${rest.method} ${rest.path.replace(/:\w+/g, ":")}`);
    for (const key of chosenBy) {
      const holder = holders.get(key);
      if (holder !== undefined) throw badOption(`${target}.${name}`, key, `another one than ${holder}'s`);
      holders.set(key, name);
    }
  }
}

/** The same for the same pattern, however its keys are ordered. */
export function patternText(pattern: Readonly<Record<string, unknown>>): string {
  return Object.keys(pattern)
    .sort()
    .map((key) => `${key}:${String(pattern[key])}`)
    .join(",");
}
