import { badOption, type Message } from "../core/index.js";
import type { ContractAction } from "./action.js";
import type { Contract } from "./contract.js";
import { type InputOf, noOutput, type OutputOf } from "./schema.js";

export interface CallerOptions {
  /** How long to wait for the output, in milliseconds. @default the action's `timeoutMs`, else the service's */
  timeoutMs?: number;
  /** Which versions of the target will do. @default the contract's and newer compatible ones: `^1.2.3` */
  version?: string;
}

/** An input that may be empty may be left out. */
type Arguments<Input, Options> =
  Record<never, never> extends Input ? [input?: Input, options?: Options] : [input: Input, options?: Options];

/** The actions of a contract as functions. */
export type Caller<C extends Contract, Options> = {
  readonly [Name in keyof C["actions"]]: (
    ...given: Arguments<InputOf<C["actions"][Name]["input"]>, Options>
  ) => Promise<OutputOf<C["actions"][Name]["output"]>>;
};

/** Sends a message and gives the result. */
export type Send<Options> = (message: Message, options: Options & { idempotent: boolean }) => Promise<unknown>;

export interface CreateCallerOptions<Options> {
  readonly send: Send<Options>;
  /** Whether the contract is kept by this very process, so that its calls name no target. @default false */
  readonly isHere?: boolean;
}

/** Makes the actions of a contract callable by name. */
export function createCaller<C extends Contract, Options extends CallerOptions>(
  contract: C,
  { send, isHere = false }: CreateCallerOptions<Options>,
): Caller<C, Options> {
  const address = isHere ? {} : { $$target: contract.target, $$version: `^${contract.version}` };
  const call = (action: ContractAction) => {
    const { pattern, idempotent, timeoutMs } = action;
    const defaults = timeoutMs === undefined ? { idempotent } : { idempotent, timeoutMs };
    return async (input: object = {}, options?: Options): Promise<unknown> => {
      expectObject(contract, action, input);
      const { version, ...more } = options ?? {};
      const wanted = version === undefined ? address : { $$target: contract.target, $$version: version };
      // The pattern comes last: an input must not choose another action.
      const message = { ...input, ...wanted, ...pattern };
      const result = await send(message, { ...defaults, ...more } as unknown as Options & { idempotent: boolean });
      return action.output === noOutput ? undefined : withoutHttp(result);
    };
  };
  const entries = Object.values<ContractAction>(contract.actions).map((action) => [action.name, call(action)]);
  return Object.fromEntries(entries) as Caller<C, Options>;
}

function expectObject({ target }: Contract, { name }: ContractAction, input: unknown): void {
  if (typeof input === "object" && input !== null && !Array.isArray(input)) return;
  throw badOption(`the input of ${target}.${name}`, input, "an object");
}

/** What an action says of its HTTP answer is not for callers. */
function withoutHttp(result: unknown): unknown {
  if (typeof result !== "object" || result === null || !("http$" in result)) return result;
  const { http$: _, ...output } = result;
  return output;
}
