import { badOption, type Identity, type Logger, type Message } from "../core/index.js";
import type { Caller, CallerOptions } from "./caller.js";
import type { Contract } from "./contract.js";
import type { RequestHeaders } from "./rest-request.js";
import type { InputOf, OutputOf } from "./schema.js";
import type { ReceivedOf, SentOf, SocketRules } from "./sockets/socket-rules.js";
import type { Upload } from "./upload-rules.js";

/** The call that an action belongs to. */
export interface ActionContext {
  /** Aborts when the caller gave up or the deadline passed. */
  readonly signal: AbortSignal;
  /** The trace id, the same along the whole chain of calls. */
  readonly tx: string;
  /**
   * Who the call is made for: the gateway checked it, and it travelled signed. Undefined for calls that services make of
   * themselves, and where no key signs it. Calls made in the action are made for the same.
   */
  readonly identity: Identity | undefined;
  /** The service's log, with the action's pattern and the trace id. */
  readonly log: Logger;
  /**
   * The body of a request on an upload route, for `readForm` or as it is.
   * @throws VastifyError `invalid_argument`, reason `bad_message`, when the message brings none
   */
  readonly upload: Upload;
  /**
   * Of the REST request that the call comes from, by lower-case names, those that decide on an answer:
   * `accept-language`, `if-match`, `if-none-match`. Empty for other calls.
   */
  readonly headers: RequestHeaders;
  /**
   * Calls another action within this call.
   * @throws VastifyError with the code and reason of what went wrong
   */
  act(message: Message): Promise<unknown>;
  /** Calls the actions of another contract within this call. */
  caller<C extends Contract>(contract: C): Caller<C, CallerOptions>;
}

/** What an action's result may say of its HTTP answer; it is no part of the output. */
export interface HttpAnswer {
  readonly http$?: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> };
}

/** What a handler may give: for an object, or nothing, also how HTTP shall answer. */
type Given<Output> = Output extends object
  ? Output & HttpAnswer
  : Output extends void
    ? Output | HttpAnswer | undefined
    : Output;

export type ActionHandler<Input, Output> = (
  input: Input,
  context: ActionContext,
) => Given<Output> | Promise<Given<Output>>;

/** The call that opens a socket, and the socket while it is open. */
export interface SocketContext<Received = unknown> extends ActionContext {
  /**
   * Aborts when the client is gone and every message of it was taken, or when it broke off: what is sent then reaches
   * nobody. A socket that is open has no deadline; calls made in it have their own.
   */
  readonly signal: AbortSignal;
  /**
   * The client's messages, for one reader. It ends when the client has closed the socket; the client waits while nobody
   * reads.
   * @throws VastifyError `canceled` when the client broke off, `invalid_argument` with the reasons `bad_json` and
   * `bad_input` for a message that is not what the contract says; unless it is caught, the client is told
   */
  readonly received: AsyncIterableIterator<Received>;
}

/**
 * Talks with a client: what the iterable gives is sent, one by one, as fast as the client reads, and when it ends the
 * socket is closed. Errors before there is an iterable are answered as HTTP, without opening the socket.
 */
export type SocketHandler<Input, Rules extends SocketRules> = (
  input: Input,
  context: SocketContext<ReceivedOf<Rules>>,
) => AsyncIterable<SentOf<Rules>> | Promise<AsyncIterable<SentOf<Rules>>>;

/** A handler for each action: it gets what the input's schema makes of a message. */
export type ActionHandlers<C extends Contract> = {
  readonly [Name in keyof C["actions"]]: C["actions"][Name]["socket"] extends SocketRules
    ? SocketHandler<OutputOf<C["actions"][Name]["input"]>, C["actions"][Name]["socket"]>
    : ActionHandler<OutputOf<C["actions"][Name]["input"]>, InputOf<C["actions"][Name]["output"]>>;
};

export interface ImplementOptions {
  /**
   * What becomes of an input: `refuse` one that its schema does not allow, or `trust` callers and hand every message
   * on as it came. @default "refuse"
   */
  input?: "refuse" | "trust";
  /**
   * What becomes of an output that its schema does not allow: `refuse` it, or `log` it once per action and give it all
   * the same; `trust` looks at none, so that fields the schema does not know stay in. @default "refuse"
   */
  output?: "refuse" | "log" | "trust";
}

/** A contract with what carries it out. */
export interface Implementation {
  readonly contract: Contract;
  readonly handlers: Readonly<Record<string, (input: unknown, context: SocketContext) => unknown>>;
  readonly options: Required<ImplementOptions>;
}

/**
 * Joins a contract with what carries it out, for `createService({ contracts: [implement(account, { … })] })`.
 * @throws VastifyError `invalid_argument`, reason `bad_option`, naming the handler that is missing or too many
 */
export function implement<C extends Contract>(
  contract: C,
  handlers: ActionHandlers<C>,
  { input = "refuse", output = "refuse" }: ImplementOptions = {},
): Implementation {
  const given = handlers as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(contract.actions))
    if (typeof given[name] !== "function")
      throw badOption(`the handler of ${contract.target}.${name}`, given[name], "a function");
  for (const name of Object.keys(given))
    if (!(name in contract.actions))
      throw badOption(`a handler of ${contract.target}`, name, "named after an action of the contract");
  if (!["refuse", "trust"].includes(input)) throw badOption("implement's input", input, "refuse or trust");
  if (!["refuse", "log", "trust"].includes(output))
    throw badOption("implement's output", output, "refuse, log or trust");
  return { contract, handlers: given as Implementation["handlers"], options: { input, output } };
}
