import { VastifyError } from "../../core/index.js";
import { type OfferedVersion, servedOffers } from "../gateway-routes.js";
import type { VersionRules } from "../route-versions.js";
import { type ActionRoute, type OfferedAction, offeredActions } from "./offered-actions.js";

/** An action as it is served to those who accept certain versions. */
export interface ServedAction extends Pick<OfferedAction, "target" | "name" | "isSure"> {
  readonly route: ActionRoute;
  /** The `$$version` to ask for; undefined leaves the choice to the target's routing rules. */
  readonly version: string | undefined;
  /** What takes several calls of it together. */
  readonly batch: ActionBatch | undefined;
}

/** An action that takes calls of another together, with a list of what tells them apart. */
export interface ActionBatch {
  readonly action: ServedAction;
  /** The field that tells calls apart, and the objects that they find. */
  readonly by: string;
  /** The field of the input that lists them. */
  readonly keys: string;
  /** How many go together at most. */
  readonly mostKeys: number;
}

export interface ActionTableOptions {
  readonly versionRules: VersionRules;
  /** Where an action without a route stands for rates. */
  readonly path: string;
}

export interface ActionTable {
  /**
   * What a request may ask for: the same list for as long as it is served by the same versions.
   * @param accepted what its `accept-version` says; "" for nothing
   * @throws VastifyError `invalid_argument`, reason `bad_version`
   */
  actionsFor(accepted: string): readonly ServedAction[];
  /** Replaces what is served. */
  update(offers: readonly OfferedVersion[], versionsOf: (target: string) => readonly string[]): void;
}

// Each may have a schema, and clients choose ranges: with many versions alive there are very many of them.
const mostLists = 20;

/** Reads what services offer when somebody first asks for it. */
export function createActionTable({ versionRules, path }: ActionTableOptions): ActionTable {
  let latest: Parameters<ActionTable["update"]> = [[], () => []];
  let offered: readonly OfferedAction[] | undefined;
  /** By what they are made of: texts of ranges are chosen by clients, and endless. */
  let lists = new Map<string, readonly ServedAction[]>();
  let former = lists;
  /** For requests that accept whatever is usual: most. */
  let usual: readonly ServedAction[] | undefined;
  const numberOf = createNumbers();

  function readLatest(): readonly OfferedAction[] {
    const [offers, versionsOf] = latest;
    return offeredActions({ offers: servedOffers(offers), versionsOf, versionRules, path });
  }

  function keyOfList(actions: readonly ServedAction[]): string {
    return JSON.stringify(
      actions.map(({ name, isSure, version, route }) => [name, isSure, version, numberOf(route.description)]),
    );
  }

  return {
    actionsFor(accepted) {
      if (accepted === "" && usual) return usual;
      offered ??= readLatest();
      const served = withBatches(offered.flatMap((action) => servedBy(action, accepted)));
      const key = keyOfList(served);
      // An instance more or less is no other schema.
      const list = lists.get(key) ?? former.get(key) ?? served;
      if (!lists.has(key) && lists.size >= mostLists) lists.delete([...lists.keys()][0] ?? "");
      lists.set(key, list);
      if (accepted === "") usual = list;
      return list;
    },
    update(...given) {
      latest = given;
      offered = undefined;
      usual = undefined;
      former = lists;
      lists = new Map();
    },
  };
}

/** Gives each object a number of its own. */
function createNumbers(): (thing: unknown) => number {
  const numbers = new WeakMap<object, number>();
  let last = 0;
  return (thing) => {
    const object = Object(thing) as object;
    const number = numbers.get(object) ?? ++last;
    numbers.set(object, number);
    return number;
  };
}

/** None when no version that offers the action will do. */
function servedBy({ target, name, isSure, routes, choose }: OfferedAction, accepted: string): readonly ServedAction[] {
  try {
    const { route: chosen, version } = choose(accepted);
    const route = routes.find((one) => one.version === chosen.version) ?? routes[0];
    return [{ target, name, isSure, route, version, batch: undefined }];
  } catch (error) {
    if (VastifyError.is(error) && error.reason === "no_version") return [];
    throw error;
  }
}

/** As many as one call takes whose contract does not say. */
const usualKeys = 100;

function withBatches(served: readonly ServedAction[]): readonly ServedAction[] {
  const batches = new Map<string, ActionBatch>();
  for (const action of served) {
    const { batches: rules, input } = action.route.described;
    if (!rules || !action.route.isQuery) continue;
    const { properties = {} } = (input ?? {}) as { properties?: Readonly<Record<string, { maxItems?: unknown }>> };
    const { maxItems } = properties[rules.keys] ?? {};
    const mostKeys = typeof maxItems === "number" && maxItems > 0 ? maxItems : usualKeys;
    batches.set(keyOf(action.target, rules.action), { action, by: rules.by, keys: rules.keys, mostKeys });
  }
  return served.map((action) => {
    const batch = batches.get(keyOf(action.target, action.name));
    return batch && isAlike(action, batch.action) ? { ...action, batch } : action;
  });
}

/** Together they must not be let in where one alone would not be. */
function isAlike({ route: one }: ServedAction, { route: several }: ServedAction): boolean {
  return one.isQuery && JSON.stringify(one.access) === JSON.stringify(several.access);
}

export function keyOf(target: string, action: string): string {
  return JSON.stringify([target, action]);
}
