import { setMaxListeners } from "node:events";
import type { DeadlineList, Deadlines, Expiring } from "./deadlines.js";
import { VastifyError } from "./error.js";
import type { Identity } from "./identity.js";
import { letGo } from "./let-go.js";
import type { Message } from "./message.js";
import { isTraceId, newTraceId } from "./trace.js";

export interface CallOptions {
  /** How long the caller waits, in milliseconds. */
  readonly timeoutMs: number;
  /** @default a new trace id, or the parent's */
  readonly tx?: string | undefined;
  /** The call in whose action this one is made: it lends trace id and deadline, and takes this one down with it. */
  readonly parent?: Call | undefined;
  /** Whether the action may be carried out twice without harm. @default the parent's, else false */
  readonly idempotent?: boolean | undefined;
  /** How many processes the chain of calls has crossed. @default the parent's, else 0 */
  readonly hops?: number | undefined;
  /** Of the request that led to it: routing rules may look at them. @default the parent's */
  readonly headers?: RequestHeaders | undefined;
  /** Who it is made for, checked. @default the parent's */
  readonly identity?: Identity | undefined;
}

/** What of an AbortSignal is needed to give a call up. */
export interface CancelSignal {
  readonly aborted: boolean;
  addEventListener(type: "abort", listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** Headers of a request, by their names in lower case. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * One message to one action, local or remote, from the moment it is made until it has its outcome. Trace id, signal
 * and deadline come into being when first asked for: a call that is answered at once pays for none of them.
 */
export class Call implements Expiring {
  // What the constructor sets is only declared: as fields they would be written twice, for every call.
  declare readonly message: Message;
  /** How long the caller waits, or the action may take, if that is less. */
  declare timeoutMs: number;
  declare readonly idempotent: boolean;
  declare readonly hops: number;
  declare readonly headers: RequestHeaders | undefined;
  declare readonly identity: Identity | undefined;
  declare readonly parent: Call | undefined;
  /** How many calls in this process led to this one. */
  declare readonly depth: number;
  outcome: "open" | "done" | "failed" = "open";
  /** The result, or the error. */
  value: unknown = undefined;
  /** Called once with the outcome; whoever waits for it sets this. */
  onOutcome: ((call: Call) => void) | undefined = undefined;

  /** Called once when the call is given up before it has an outcome of its own; whoever carries it sets this. */
  onAbort: ((call: Call) => void) | undefined = undefined;
  /** False once something of it was sent that can't be sent again. */
  repeatable = true;
  /** Its number on the connection that carries it. */
  wireId = 0;

  /** Of the promise that `outcomeOf` gave. */
  resolve: ((value: unknown) => void) | undefined = undefined;
  reject: ((error: VastifyError) => void) | undefined = undefined;

  deadline: number | undefined = undefined;
  list: DeadlineList | undefined = undefined;
  next: Expiring | undefined = undefined;
  previous: Expiring | undefined = undefined;

  declare private readonly deadlines: Deadlines;
  private onEnd: ((reason: VastifyError) => void) | undefined = undefined;
  declare private traceId: string | undefined;
  private controller: AbortController | undefined = undefined;
  private children: Set<Call> | undefined = undefined;

  constructor(message: Message, options: CallOptions, deadlines: Deadlines) {
    const { parent } = options;
    this.message = message;
    this.timeoutMs = options.timeoutMs;
    this.parent = parent;
    // One that can't travel would break the frames and headers it goes into.
    this.traceId = options.tx === undefined || isTraceId(options.tx) ? options.tx : undefined;
    this.idempotent = options.idempotent ?? parent?.idempotent ?? false;
    this.hops = options.hops ?? parent?.hops ?? 0;
    this.headers = options.headers ?? parent?.headers;
    this.identity = options.identity ?? parent?.identity;
    this.depth = parent === undefined ? 0 : parent.depth + 1;
    this.deadlines = deadlines;
  }

  /** The trace id, the same along the whole chain of calls. */
  get tx(): string {
    this.traceId ??= this.parent?.tx ?? newTraceId();
    return this.traceId;
  }

  /** Aborts at the deadline, or when the caller gives up. */
  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      // An action may begin any number of things with it at once, which is no leak.
      setMaxListeners(0, this.controller.signal);
      if (this.outcome === "failed") this.controller.abort(this.value);
    }
    return this.controller.signal;
  }

  /** How long the caller still waits, in milliseconds: never less than 0. */
  get remainingMs(): number {
    if (this.isLasting) return Number.POSITIVE_INFINITY;
    if (this.outcome !== "open") return 0;
    if (this.deadline !== undefined) return Math.max(0, this.deadline - performance.now());
    return this.parent === undefined ? this.timeoutMs : Math.min(this.timeoutMs, this.parent.remainingMs);
  }

  /** From now on the deadline is watched, until there is an outcome. */
  watch(): void {
    if (this.list !== undefined || this.outcome !== "open") return;
    const { parent } = this;
    this.deadlines.add(this);
    if (parent === undefined) return;
    parent.children ??= new Set();
    parent.children.add(this);
  }

  /** The action may take no longer than so many milliseconds from now on. */
  limitTo(ms: number): void {
    if (ms >= this.remainingMs) return;
    this.timeoutMs = ms;
    this.deadline = undefined;
    if (this.list === undefined) return;
    this.deadlines.remove(this);
    this.deadlines.add(this);
  }

  /**
   * Its result is the beginning of something that goes on, as a socket does: from now on until `end`, calls made in its
   * action have their own deadlines alone.
   * @param onEnd called once
   */
  last(onEnd: (reason: VastifyError) => void): void {
    this.onEnd = onEnd;
  }

  /** Whether what its result began goes on. */
  get isLasting(): boolean {
    return this.onEnd !== undefined;
  }

  /** What went on after its result is over, and with it the calls made meanwhile. */
  end(reason: VastifyError): void {
    const { onEnd } = this;
    this.onEnd = undefined;
    if (!onEnd) return;
    onEnd(reason);
    this.abortChildren(reason);
  }

  /** Of a result that comes when the call is over already, nobody will read the streams. */
  succeed(value: unknown): void {
    if (this.outcome === "open") this.finish("done", value);
    else letGo(value);
  }

  /** The action failed by itself. */
  fail(error: unknown): void {
    if (this.outcome === "open") this.finish("failed", error);
  }

  /** Gives the call up, and with it the calls made in its action; its action's signal fires. */
  abort(reason: VastifyError): void {
    if (this.outcome !== "open") return;
    this.finish("failed", reason);
    this.onAbort?.(this);
    this.abortChildren(reason);
    this.controller?.abort(reason);
  }

  cancel(): void {
    this.abort(new VastifyError("canceled", `${nameOf(this.message)} was canceled by its caller`));
  }

  expire(): void {
    const after = `did not finish within ${Math.round(this.timeoutMs)} ms`;
    this.abort(
      new VastifyError("deadline_exceeded", `${nameOf(this.message)} ${after}`, { reason: "deadline_exceeded" }),
    );
  }

  private abortChildren(reason: VastifyError): void {
    if (this.children) for (const child of [...this.children]) child.abort(reason);
  }

  private finish(outcome: "done" | "failed", value: unknown): void {
    this.outcome = outcome;
    this.value = value;
    if (this.list !== undefined) {
      this.deadlines.remove(this);
      this.parent?.children?.delete(this);
    }
    this.onOutcome?.(this);
  }
}

/** Resolves or rejects with the call's outcome; while there is none, the deadline is watched. */
export function outcomeOf(call: Call): Promise<unknown> {
  if (call.outcome === "done") return Promise.resolve(call.value);
  if (call.outcome === "failed") return Promise.reject(VastifyError.from(call.value));
  return new Promise((resolve, reject) => {
    call.resolve = resolve;
    call.reject = reject;
    call.onOutcome = settlePromise;
    call.watch();
  });
}

function settlePromise(call: Call): void {
  if (call.outcome === "done") call.resolve?.(call.value);
  else call.reject?.(VastifyError.from(call.value));
}

/** A stranger's keys may be many and long, and each error that names them is logged and sent. */
const mostKeysText = 500;

/** Keys without values, which may be what nobody should read in a log. */
export function keysOf(message: Message): string {
  const keys = Object.keys(message).filter((key) => !key.endsWith("$"));
  if (keys.length === 0) return "(none)";
  const text = keys.sort().join(", ");
  return text.length <= mostKeysText ? text : `${text.slice(0, mostKeysText)}… (${keys.length} keys)`;
}

function nameOf(message: Message): string {
  return typeof message.$$target === "string" ? `the call to ${message.$$target}` : `the call of ${keysOf(message)}`;
}
