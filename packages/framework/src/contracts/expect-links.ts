import { badOption, expectTargetName } from "../core/index.js";
import type { ActionLink, ContractAction } from "./action.js";
import { hasField, jsonSchemaOf } from "./json-schema.js";

const name = /^[A-Za-z]\w*$/;

/** @throws VastifyError `invalid_argument`, reason `bad_option` */
export function expectLinks(
  where: string,
  links: Readonly<Record<string, ActionLink>>,
): Readonly<Record<string, ActionLink>> {
  for (const [link, { target, action, input }] of Object.entries(links)) {
    if (!name.test(link)) throw badOption(where, link, "named by letters, digits and underscores");
    expectTargetName(`${where}.${link}.target`, target);
    if (typeof action !== "string" || action === "")
      throw badOption(`${where}.${link}.action`, action, "an action's name");
    const fields = Object.values(input ?? {});
    if (fields.length === 0 || fields.some((field) => typeof field !== "string" || field === ""))
      throw badOption(`${where}.${link}.input`, JSON.stringify(input), "fields of the object, at least one");
  }
  return links;
}

/**
 * Calls are made together only where each of them would be allowed, and could be asked for alone.
 * @param actions all of one contract
 * @throws VastifyError `invalid_argument`, reason `bad_option`
 */
export function expectBatches(target: string, actions: Readonly<Record<string, ContractAction>>): void {
  for (const action of Object.values(actions)) {
    if (!action.batches) continue;
    const { action: single, by, keys } = action.batches;
    const where = `${target}.${action.name}.batches`;
    const other = Object.hasOwn(actions, single) ? actions[single] : undefined;
    if (!other || other === action) throw badOption(`${where}.action`, single, "another action of the contract");
    if (!action.idempotent || !other.idempotent)
      throw badOption(where, "actions that change something", "of idempotent ones");
    if (JSON.stringify(action.access) !== JSON.stringify(other.access))
      throw badOption(where, `another access than ${single}`, "of the same access");
    expectField(`${where}.by`, other, by);
    expectField(`${where}.keys`, action, keys);
  }
}

/** An input that JSON Schema has no words for can't be looked into. */
function expectField(where: string, { input }: ContractAction, field: string): void {
  const schema = jsonSchemaOf(input, "input");
  if (schema && !hasField(schema, field)) throw badOption(where, field, "a field of the input");
}
