import { shapeOf } from "../route-path.js";

/** A route's path as OpenAPI writes it. */
export interface PathTemplate {
  /** Such as `/user/{id}`. */
  readonly template: string;
  /** The parameters as this template names them. */
  readonly names: readonly string[];
}

// A name, perhaps with a pattern of its own and a modifier, as koa-router takes them.
const parameter = /:(\w+)(\([^)]*\))?[?*+]?/g;

/** Gives paths that differ only in their parameters' names one template, since OpenAPI takes them for the same. */
export function pathTemplates(): (path: string) => PathTemplate {
  const byShape = new Map<string, PathTemplate>();
  return (path) => {
    const shape = shapeOf(path);
    const known = byShape.get(shape);
    if (known) return known;
    const template = path.replace(parameter, "{$1}");
    const made = { template, names: parametersOf(path) };
    byShape.set(shape, made);
    return made;
  };
}

export function parametersOf(path: string): string[] {
  return [...path.matchAll(parameter)].map(([, name = ""]) => name);
}
