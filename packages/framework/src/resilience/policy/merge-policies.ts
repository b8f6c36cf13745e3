import { expectPattern } from "./message-pattern.js";
import type { ActionPolicy, TargetPolicy } from "./policy.js";

/**
 * One policy of two: `live`, from Consul, wins over `code` field by field, and action by action where both name the
 * same pattern. Complete the result with `resolvePolicy`, not the parts: defaults of one must not win over the other.
 * @param code and `live` as `readPolicy` gives them
 */
export function mergePolicies(code: TargetPolicy = {}, live: TargetPolicy = {}): TargetPolicy {
  const actions = mergeActions(code.actions ?? [], live.actions ?? []);
  return {
    ...mergeFields(code, live),
    retryBudget: { ...code.retryBudget, ...live.retryBudget },
    ...(actions.length > 0 && { actions }),
  };
}

type Actions = NonNullable<TargetPolicy["actions"]>;

/** Those of `live` come first: among patterns with equally many keys the first counts. */
function mergeActions(code: Actions, live: Actions): Actions {
  const textOf = ({ pattern }: Actions[number]) => expectPattern(pattern, "pattern").text;
  const byText = new Map(code.map((action) => [textOf(action), action]));
  const merged = live.map((action) => {
    const text = textOf(action);
    const under = byText.get(text);
    byText.delete(text);
    return under ? mergeFields(under, action) : action;
  });
  return [...merged, ...byText.values()];
}

function mergeFields<T extends ActionPolicy>(under: T, over: T): T {
  const merged: T = { ...under, ...over };
  if (under.retry && over.retry) merged.retry = { ...under.retry, ...over.retry };
  if (under.hedge && over.hedge) merged.hedge = { ...under.hedge, ...over.hedge };
  if (under.bulkhead && over.bulkhead) merged.bulkhead = { ...under.bulkhead, ...over.bulkhead };
  // `true` asks for a circuit and says nothing of its fields.
  if (under.circuit && over.circuit) merged.circuit = { ...fieldsOf(under.circuit), ...fieldsOf(over.circuit) };
  return merged;
}

function fieldsOf(
  circuit: NonNullable<ActionPolicy["circuit"]>,
): Exclude<ActionPolicy["circuit"], boolean | undefined> {
  return typeof circuit === "boolean" ? {} : circuit;
}
