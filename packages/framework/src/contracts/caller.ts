import { badOption, type Message } from "../core/index.js";
import type { ContractAction } from "./action.js";
import type { Contract } from "./contract.js";
import { type InputOf, noOutput, type OutputOf } from "./schema.js";
import type { SocketRules } from "./sockets/socket-rules.js";

export interface CallerOptions {
  /** How long to wait for the output, in milliseconds. @default the action's `timeoutMs`, else the service's */
  timeoutMs?: number;
  /** Which versions of the target will do. @default the contract's and newer compatible ones: `^1.2.3` */
  version?: string;
}

/** An input that may be empty may be left out. */
type Arguments<Input, Options> =
  Record<never, never> extends Input ? [input?: Input, options?: Options] : [input: Input, options?: Options];

/** The actions of a contract as functions; those that talk over a socket are the gateway's to open. */
export type Caller<C extends Contract, Options> = {
  readonly [Name in keyof C["actions"] as C["actions"][Name]["socket"] extends SocketRules ? never : Name]: (
    ...given: Arguments<InputOf<C["actions"][Name]["input"]>, Options>
  ) => Promise<OutputOf<C["actions"][Name]["output"]>>;
};

type Given<Options> = Options & { idempotent: boolean };

/** Sends a message and gives the result. */
export type Send<Options> = (message: Message, options: Given<Options>) => Promise<unknown>;

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
  const { target } = contract;
  const address = isHere
    ? { $$target: undefined, $$version: undefined }
    : { $$target: target, $$version: `^${contract.version}` };
  const call = (action: ContractAction) => {
    const { pattern, idempotent, timeoutMs } = action;
    const usual = { ...pattern, ...address };
    const defaults = timeoutMs === undefined ? { idempotent } : { idempotent, timeoutMs };
    const resultOf = action.output === noOutput ? () => undefined : withoutHttp;
    return (input: object = {}, options?: Options): Promise<unknown> => {
      if (!isFields(input))
        return Promise.reject(badOption(`the input of ${target}.${action.name}`, input, "an object"));
      if (options === undefined) return send(withFields(usual, input), defaults as Given<Options>).then(resultOf);
      const { version, ...more } = options;
      const fixed = version === undefined ? usual : { ...pattern, $$target: target, $$version: version };
      return send(withFields(fixed, input), { ...defaults, ...more } as unknown as Given<Options>).then(resultOf);
    };
  };
  const entries = Object.values<ContractAction>(contract.actions)
    .filter(({ socket }) => !socket)
    .map((action) => [action.name, call(action)]);
  return Object.fromEntries(entries) as Caller<C, Options>;
}

/** Whether it is an object of fields. */
function isFields(input: unknown): input is Message {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return false;
  // Assigning it would give the message fields that it has not.
  return !Object.hasOwn(input, "__proto__");
}

/** What is fixed wins: an input must not choose another action. Not by spread, which costs twenty times as much. */
function withFields(fixed: Message, input: Message): Message {
  return Object.assign({}, input, fixed);
}

/** What an action says of its HTTP answer is not for callers. */
function withoutHttp(result: unknown): unknown {
  if (typeof result !== "object" || result === null || !("http$" in result)) return result;
  const { http$: _, ...output } = result;
  return output;
}
