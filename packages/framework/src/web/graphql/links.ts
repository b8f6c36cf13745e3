import { keyOf, type ServedAction } from "./action-table.js";
import { type ObjectShape, readShape, type Shape } from "./read-shape.js";

/** A field of an object that is found by an action. */
export interface ObjectLink {
  readonly name: string;
  readonly action: ServedAction;
  /** By field of the action's input, the field of the object that has it. */
  readonly given: Readonly<Record<string, string>>;
}

export interface Links {
  /** Where an object of a target leads. */
  of(target: string, shape: ObjectShape): readonly ObjectLink[];
}

/** Links belong to what an action gives, so every object like it has them. Those that lead to nothing are left out. */
export function createLinks(actions: readonly ServedAction[]): Links {
  const served = new Map(actions.map((action) => [keyOf(action.target, action.name), action]));
  const byObject = new Map<string, Map<string, ObjectLink>>();
  for (const { target, route } of actions) {
    const { links = {}, output } = route.described;
    const shape = output && objectIn(readShape(output, output).shape);
    if (!shape) continue;
    const key = keyOf(target, shape.key);
    const known = byObject.get(key) ?? new Map<string, ObjectLink>();
    byObject.set(key, known);
    for (const [name, { target: to, action: of, input }] of Object.entries(links)) {
      const action = served.get(keyOf(to, of));
      if (action?.route.isQuery && !known.has(name)) known.set(name, { name, action, given: input });
    }
  }
  return { of: (target, { key }) => [...(byObject.get(keyOf(target, key))?.values() ?? [])] };
}

/** What it gives, alone or as a list. */
function objectIn(shape: Shape): ObjectShape | undefined {
  if (shape.kind === "list") return objectIn(shape.item.shape);
  return shape.kind === "object" ? shape : undefined;
}
