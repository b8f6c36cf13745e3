import { type Message, VastifyError } from "../../core/index.js";
import type { ActionBatch, ServedAction } from "./action-table.js";
import { BatchedLoads } from "./batched-loads.js";

export type Input = Readonly<Record<string, unknown>>;

/** Makes one call to a service, as a route would. */
export type CallAction = (action: ServedAction, input: Input) => Promise<unknown>;

export interface OperationCallsOptions {
  call: CallAction;
  maxCalls: number;
}

/** The calls of one operation: what is asked for twice is called for once, and what goes together in one call. */
export class OperationCalls {
  private readonly call: CallAction;
  private readonly maxCalls: number;
  private readonly reads = new Map<string, Promise<unknown>>();
  private readonly batches = new Map<ActionBatch, BatchedLoads>();
  private made = 0;

  constructor({ call, maxCalls }: OperationCallsOptions) {
    this.call = call;
    this.maxCalls = maxCalls;
  }

  /** @throws VastifyError what the action failed with, or `resource_exhausted` reason `too_many_calls` */
  load(action: ServedAction, input: Input): Promise<unknown> {
    // What was read before may be another thing after it.
    if (!action.route.isQuery) return this.makeCall(action, input).finally(() => this.reads.clear());
    const key = keyOf(action, input);
    let read = this.reads.get(key);
    if (!read) {
      read = this.read(action, input);
      this.reads.set(key, read);
    }
    return read;
  }

  private read(action: ServedAction, input: Input): Promise<unknown> {
    const { batch } = action;
    const fields = Object.keys(input);
    if (!batch || fields.length !== 1 || fields[0] !== batch.by) return this.makeCall(action, input);
    let loads = this.batches.get(batch);
    if (!loads) {
      loads = new BatchedLoads({
        batch,
        loadOne: (key) => this.makeCall(action, { [batch.by]: key }),
        loadSeveral: (keys) => this.makeCall(batch.action, { [batch.keys]: keys }),
      });
      this.batches.set(batch, loads);
    }
    return loads.load(input[batch.by]);
  }

  private async makeCall(action: ServedAction, input: Input): Promise<unknown> {
    if (this.made >= this.maxCalls) throw tooManyCalls(this.maxCalls);
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

function tooManyCalls(most: number): VastifyError {
  return new VastifyError("resource_exhausted", `an operation may make ${most} calls; this one needs more`, {
    reason: "too_many_calls",
  });
}
