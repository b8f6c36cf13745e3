import { type Logger, VastifyError } from "../core/index.js";
import type { Settings } from "../discovery/index.js";
import type { CanaryVerdict } from "./canary-watch.js";
import type { RollbackRule } from "./route-rules.js";
import type { TargetState } from "./target-state.js";

export interface Rollback {
  readonly state: TargetState;
  readonly rule: RollbackRule;
  readonly verdict: CanaryVerdict;
  readonly settings: Settings | undefined;
  readonly log: Logger;
}

/** How often it is written again when somebody else wrote the document meanwhile. */
const mostWrites = 5;

/** Takes a canary back: here at once, and for everybody by writing its weight into Consul, with the reason. */
export function rollBack({ state, rule, verdict, settings, log }: Rollback): void {
  const { target } = state;
  const { canary } = rule;
  const { why, canary: its, others } = verdict;
  state.takeBack(canary);
  log.warn(`${target} ${canary} gets no more calls: ${why}`, { its, others });
  const rolledBack = { version: canary, at: new Date().toISOString(), why, its, others };
  const change = (now: unknown) => {
    const document = (now ?? {}) as { weights?: Record<string, number> };
    // Another process may have been faster, or the operator.
    if (!document.weights?.[canary]) return now;
    return { ...document, weights: { ...document.weights, [canary]: 0 }, rolledBack };
  };
  if (settings)
    write(settings, `routes/${target}`, change).catch((err: unknown) =>
      log.warn(`the roll-back of ${target} ${canary} could not be written into Consul`, { err }),
    );
}

async function write(settings: Settings, key: string, change: (now: unknown) => unknown): Promise<void> {
  for (let writes = 0; writes < mostWrites; writes++) if (await settings.replace(key, change)) return;
  throw new VastifyError("unavailable", `vastify/${key} changes all the time`);
}
