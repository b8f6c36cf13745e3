import { isDeepStrictEqual } from "node:util";
import type { AccessLevel } from "../action.js";
import { patternText } from "../contract.js";
import type { ActionDescription, ContractDescription } from "../describe-contract.js";
import { compareSchemas, type Note } from "./compare-schemas.js";
import { compareSockets } from "./compare-sockets.js";

/** A difference between two versions of a contract. */
export interface ContractChange {
  /** Whether a caller or listener of the older version may fail with the newer one. */
  readonly isBreaking: boolean;
  /** The action, the event, or the target. */
  readonly of: string;
  readonly text: string;
}

/**
 * What changed from one version of a contract to another. An input must go on taking what it took; an output and an
 * event must go on giving what they promised, and may give more fields.
 */
export function compareContracts(older: ContractDescription, newer: ContractDescription): ContractChange[] {
  const changes: ContractChange[] = [];
  const note = (of: string, isBreaking: boolean, text: string) => void changes.push({ of, isBreaking, text });

  if (older.target !== newer.target)
    note(older.target, true, `the target is ${newer.target}, so nobody finds it who calls it by its name`);
  for (const action of older.actions) {
    const next = newer.actions.find(({ name }) => name === action.name);
    if (next) compareActions(action, next, (isBreaking, text) => note(action.name, isBreaking, text));
    else note(action.name, true, "the action is gone");
  }
  for (const event of older.events) {
    const next = newer.events.find(({ name }) => name === event.name);
    if (!next) note(event.name, true, "the event is gone");
    else
      compareSchemas("payload", event.payload, next.payload, (isBreaking, text) => note(event.name, isBreaking, text));
  }
  for (const [kind, before, after] of [
    ["action", older.actions, newer.actions],
    ["event", older.events, newer.events],
  ] as const)
    for (const { name } of after) if (!before.some((one) => one.name === name)) note(name, false, `the ${kind} is new`);
  return changes;
}

function compareActions(older: ActionDescription, newer: ActionDescription, note: Note): void {
  const [before, after] = [patternText(older.pattern), patternText(newer.pattern)];
  if (before !== after) note(true, `the pattern is ${after}, not ${before}`);
  compareAccess(older.access, newer.access, note);
  compareRoutes(older.rest, newer.rest, note);
  if (older.idempotent !== newer.idempotent)
    note(older.idempotent, newer.idempotent ? "may be repeated now" : "may not be repeated any more");
  if (newer.deprecated !== undefined && older.deprecated === undefined)
    note(false, `is deprecated: ${newer.deprecated}`);
  for (const link of Object.keys(older.links ?? {}))
    if (!Object.hasOwn(newer.links ?? {}, link)) note(true, `the link ${link} is gone`);
  compareSchemas("input", older.input, newer.input, note);
  compareSchemas("output", older.output, newer.output, note);
  compareSockets(older.socket, newer.socket, note);
}

const openness: readonly AccessLevel[] = ["private", "internal", "public"];

function compareAccess(older: ActionDescription["access"], newer: ActionDescription["access"], note: Note): void {
  const [before, after] = [openness.indexOf(older.level), openness.indexOf(newer.level)];
  if (before !== after) note(after < before, `is ${newer.level}, not ${older.level}`);
  // One of the roles is enough; all of the scopes are needed.
  const lostRoles =
    newer.roles.length > 0 && (older.roles.length === 0 || older.roles.some((role) => !newer.roles.includes(role)));
  const moreScopes = newer.scopes.some((scope) => !older.scopes.includes(scope));
  if (!isDeepStrictEqual(older.roles, newer.roles))
    note(lostRoles, `is for the roles ${newer.roles.join(", ") || "of all"}`);
  if (!isDeepStrictEqual(older.scopes, newer.scopes))
    note(moreScopes, `wants the scopes ${newer.scopes.join(", ") || "of nobody"}`);
}

function compareRoutes(older: ActionDescription["rest"], newer: ActionDescription["rest"], note: Note): void {
  const [before, after] = [older, newer].map((rest) => rest && `${rest.method} ${rest.path}`);
  if (before !== after)
    note(before !== undefined, after === undefined ? `the route ${before} is gone` : `the route is ${after}`);
  else if (older?.status !== newer?.status) note(true, `answers with ${newer?.status}, not ${older?.status}`);
}
