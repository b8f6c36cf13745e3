import type { ActionDescription } from "../../contracts/index.js";
import type { OfferedVersion } from "../gateway-routes.js";
import { type DescribedRoute, readPublishedRoutes } from "../published-routes.js";
import { type ChooseVersion, createVersionChoice, type OfferedRoute, type VersionRules } from "../route-versions.js";

/** An action as one version of its target says, with the route that stands for it before guards. */
export interface ActionRoute extends OfferedRoute {
  readonly described: ActionDescription;
  /** What the service said of itself, where all this comes from. */
  readonly description: unknown;
  /** It reads and changes nothing: it may be repeated, and no route of it changes anything. */
  readonly isQuery: boolean;
}

/** A public action of a contract, as the versions of its target offer it. */
export interface OfferedAction {
  readonly target: string;
  readonly name: string;
  /** By each version that offers it, the newest first. */
  readonly routes: readonly [ActionRoute, ...ActionRoute[]];
  readonly choose: ChooseVersion;
  /** Whether all versions of the target that are alive promise the same outputs; so a type is one for all its actions. */
  readonly isSure: boolean;
}

export interface OfferedActionsOptions {
  /** Those that are served, of each target the newest first. */
  readonly offers: readonly OfferedVersion[];
  /** Every version of a target that is alive, the newest first. */
  versionsOf(target: string): readonly string[];
  readonly versionRules: VersionRules;
  /** Where an action without a route stands for rates. */
  readonly path: string;
}

/** The actions that clients may use, by target and in the order of their contracts. */
export function offeredActions(options: OfferedActionsOptions): readonly OfferedAction[] {
  const { offers, versionsOf, versionRules: rules, path } = options;
  const byName = new Map<string, [ActionRoute, ...ActionRoute[]]>();
  for (const { target, version, description } of offers) {
    // What can't be read is reported by those who serve the routes.
    const { actions, routes } = readPublishedRoutes(description);
    for (const described of actions) {
      const published = routes.filter(({ action }) => action === described.name);
      // A body that is a stream has no place in an operation.
      if (described.access.level !== "public" || published.some(({ upload }) => upload)) continue;
      const route = { ...routeOf(described, published, path), target, version, description };
      const key = JSON.stringify([target, described.name]);
      const known = byName.get(key);
      if (!known) byName.set(key, [route]);
      else if (known.every((other) => other.version !== version)) known.push(route);
    }
  }
  const actions = [...byName.values()].map((routes) => {
    const [{ target, described }] = routes;
    const alive = versionsOf(target);
    const promises = routes.filter(({ version }) => alive.includes(version)).map(outputOf);
    const choose = createVersionChoice({ offers: routes, alive, rules });
    return { target, name: described.name, routes, choose, isSure: new Set(promises).size < 2 };
  });
  const unsure = new Set(actions.flatMap(({ target, isSure }) => (isSure ? [] : [target])));
  return actions.map((action) => ({ ...action, isSure: !unsure.has(action.target) })).sort(byTarget);
}

function routeOf(
  described: ActionDescription,
  published: readonly DescribedRoute[],
  path: string,
): Omit<ActionRoute, "target" | "version" | "description"> {
  const { pattern: message, access, idempotent, timeoutMs } = described;
  const { method, path: at } = published[0] ?? { method: "POST", path };
  const isQuery = idempotent && published.every((route) => route.method === "GET");
  return { method, path: at, message, access, idempotent, timeoutMs, described, isQuery };
}

function outputOf({ described: { output } }: ActionRoute): string {
  return JSON.stringify(output ?? null);
}

/** By name, so that the schema does not change with who registered first. */
function byTarget(a: OfferedAction, b: OfferedAction): number {
  return a.target < b.target ? -1 : Number(a.target > b.target);
}
