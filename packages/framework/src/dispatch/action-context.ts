import {
  type ActionContext,
  type Caller,
  type CallerOptions,
  type Contract,
  createCaller,
  type RequestHeaders,
  type Upload,
  uploadOf,
} from "../contracts/index.js";
import type { Identity, LogFields, Logger, Message } from "../core/index.js";
import type { Seneca } from "./seneca-types.js";

/** What the contexts of one action share. */
export interface ActionContextOptions {
  /** The action, as the log names it. */
  readonly action: string;
  readonly log: Logger;
  /** Of the REST request that a message carries. */
  headersOf(message: Message): RequestHeaders;
  /** Whether a contract is kept by this very process. */
  isHere(contract: Contract): boolean;
}

/** The context of a contract's action, over the `this` that Seneca's actions have; most calls use little of it. */
export class SenecaContext implements ActionContext {
  private readonly self: Seneca;
  private readonly message: Message;
  private readonly options: ActionContextOptions;

  constructor(self: Seneca, message: Message, options: ActionContextOptions) {
    this.self = self;
    this.message = message;
    this.options = options;
  }

  get signal(): AbortSignal {
    // Only an action that Seneca was told to run by itself has none: nobody can give such a call up.
    return this.self.signal ?? new AbortController().signal;
  }

  get tx(): string {
    return this.self.fixedargs.tx$ ?? "";
  }

  get identity(): Identity | undefined {
    return this.self.identity;
  }

  get log(): Logger {
    const { action, log } = this.options;
    const write = (level: keyof Logger) => (message: string, fields?: LogFields) =>
      log[level](message, { action, tx: this.tx, ...fields });
    return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
  }

  get upload(): Upload {
    return uploadOf(this.message);
  }

  get headers(): RequestHeaders {
    return this.options.headersOf(this.message);
  }

  /** Made when asked for, as `caller` is: handlers take their context apart. */
  get act(): ActionContext["act"] {
    return (message) => this.self.post(message);
  }

  get caller(): ActionContext["caller"] {
    return <C extends Contract>(contract: C): Caller<C, CallerOptions> =>
      createCaller<C, CallerOptions>(contract, {
        isHere: this.options.isHere(contract),
        send: (message, { idempotent, timeoutMs }) =>
          this.self.post({
            ...message,
            idempotent$: idempotent,
            ...(timeoutMs !== undefined && { timeout$: timeoutMs }),
          }),
      });
  }
}
