import { VastifyError } from "../../core/index.js";
import type { ActionBatch } from "./action-table.js";

/** What one load waits for. */
interface Waiting {
  readonly key: unknown;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

export interface BatchedLoadsOptions {
  readonly batch: ActionBatch;
  /** Finds one thing. */
  loadOne(key: unknown): Promise<unknown>;
  /** Finds what there is of several. */
  loadSeveral(keys: readonly unknown[]): Promise<unknown>;
}

/** Gathers loads that are asked for in the same moment, and makes one call of them. */
export class BatchedLoads {
  private readonly options: BatchedLoadsOptions;
  private waiting: Waiting[] = [];

  constructor(options: BatchedLoadsOptions) {
    this.options = options;
  }

  /** @throws VastifyError `not_found`, reason `not_in_batch`, for what is not among what was found */
  load(key: unknown): Promise<unknown> {
    if (this.waiting.length === 0) afterThisRound(() => this.send());
    return new Promise((resolve, reject) => this.waiting.push({ key, resolve, reject }));
  }

  private send(): void {
    const { loadOne, batch } = this.options;
    const waiting = this.waiting;
    this.waiting = [];
    const [first, ...others] = waiting;
    if (first && others.length === 0) {
      loadOne(first.key).then(first.resolve, first.reject);
      return;
    }
    for (let from = 0; from < waiting.length; from += batch.mostKeys)
      void this.settle(waiting.slice(from, from + batch.mostKeys));
  }

  private async settle(waiting: readonly Waiting[]): Promise<void> {
    const { loadSeveral, batch } = this.options;
    try {
      const found = await loadSeveral(waiting.map(({ key }) => key));
      const byKey = new Map(listOf(found, batch).map((object) => [object[batch.by], object]));
      for (const { key, resolve, reject } of waiting) {
        if (byKey.has(key)) resolve(byKey.get(key));
        else reject(notFound(key, batch));
      }
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }
}

/** Once everything that was ready to run has run: GraphQL looks at all objects of a list before it waits for any. */
function afterThisRound(send: () => void): void {
  void Promise.resolve().then(() => process.nextTick(send));
}

function listOf(found: unknown, { action }: ActionBatch): readonly Readonly<Record<string, unknown>>[] {
  if (Array.isArray(found)) return found.filter((each) => typeof each === "object" && each !== null);
  throw new VastifyError("internal", `${action.target}.${action.name} gave no list`, { reason: "bad_output" });
}

function notFound(key: unknown, { by, action }: ActionBatch): VastifyError {
  const text = `${action.target}.${action.name} found nothing whose ${by} is ${JSON.stringify(key)}`;
  return new VastifyError("not_found", text, { reason: "not_in_batch" });
}
