import type { Message } from "../../core/index.js";
import { VastifyError } from "../../core/index.js";
import type { ServedAction } from "./action-table.js";

export type Input = Readonly<Record<string, unknown>>;

/** Makes one call to a service, as a route would. */
export type CallAction = (action: ServedAction, input: Input) => Promise<unknown>;

export interface OperationCallsOptions {
  call: CallAction;
  maxCalls: number;
}

/** The calls of one operation. What is asked for twice is called for once. */
export class OperationCalls {
  private readonly call: CallAction;
  private readonly maxCalls: number;
  private readonly reads = new Map<string, Promise<unknown>>();
  private made = 0;

  constructor({ call, maxCalls }: OperationCallsOptions) {
    this.call = call;
    this.maxCalls = maxCalls;
  }

  /** @throws VastifyError what the action failed with, or `resource_exhausted` reason `too_many_calls` */
  load(action: ServedAction, input: Input): Promise<unknown> {
    if (!action.route.isQuery) {
      // What was read before may be another thing after it.
      return this.makeCall(action, input).finally(() => this.reads.clear());
    }
    const key = keyOf(action, input);
    let read = this.reads.get(key);
    if (!read) {
      read = this.makeCall(action, input);
      this.reads.set(key, read);
    }
    return read;
  }

  private async makeCall(action: ServedAction, input: Input): Promise<unknown> {
    if (this.made >= this.maxCalls)
      throw new VastifyError(
        "resource_exhausted",
        `an operation may make ${this.maxCalls} calls; this one needs more`,
        {
          reason: "too_many_calls",
        },
      );
    this.made += 1;
    return this.call(action, input);
  }
}

function keyOf({ target, name }: ServedAction, input: Input): string {
  return JSON.stringify([target, name, input], (_, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value as Message).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
