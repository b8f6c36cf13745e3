/** A route and what is kept at it. */
export interface TableRoute<Kept> {
  readonly method: string;
  /** With `:name` for a parameter, which is a whole segment. */
  readonly path: string;
  readonly kept: Kept;
}

/** What a request's path leads to. */
export interface TableMatch<Kept> {
  /** By method. */
  readonly routes: ReadonlyMap<string, TableRoute<Kept>>;
  /** What stands for each parameter, in the order of the path, decoded. */
  readonly values: readonly string[];
}

interface Node<Kept> {
  readonly fixed: Map<string, Node<Kept>>;
  parameter: Node<Kept> | undefined;
  routes: Map<string, TableRoute<Kept>> | undefined;
}

const plainPath = /^(\/|(\/(:\w+|[^/:*?(){}\\+[\]!]+))+\/?)$/;

/** Whether a path is fixed segments and whole parameters, and nothing that only a pattern language knows. */
export function isPlainPath(path: string): boolean {
  return plainPath.test(path);
}

/** The names of a path's parameters, in order. */
export function parameterNames(path: string): string[] {
  return path.match(/:\w+/g)?.map((text) => text.slice(1)) ?? [];
}

/**
 * Finds routes by path, in a time that the number of routes does not change. As in koa-router, letters count the same
 * in both cases, a slash at the end counts for nothing, and fixed segments go before parameters.
 * @param routes all with plain paths; of two with the same method and shape the first stays
 */
export function createRouteTable<Kept>(routes: readonly TableRoute<Kept>[]) {
  const root = newNode<Kept>();
  for (const route of routes) {
    let node = root;
    for (const segment of segmentsOf(route.path)) node = childOf(node, segment);
    node.routes ??= new Map();
    if (!node.routes.has(route.method)) node.routes.set(route.method, route);
  }

  return (path: string): TableMatch<Kept> | undefined => {
    const segments = segmentsOf(path);
    const values: string[] = [];
    const found = find(root, segments, 0, values);
    return found?.routes && { routes: found.routes, values: values.map(decoded) };
  };
}

function newNode<Kept>(): Node<Kept> {
  return { fixed: new Map(), parameter: undefined, routes: undefined };
}

function childOf<Kept>(node: Node<Kept>, segment: string): Node<Kept> {
  if (segment.startsWith(":")) {
    node.parameter ??= newNode();
    return node.parameter;
  }
  const key = segment.toLowerCase();
  let child = node.fixed.get(key);
  if (!child) {
    child = newNode();
    node.fixed.set(key, child);
  }
  return child;
}

function find<Kept>(
  node: Node<Kept>,
  segments: readonly string[],
  at: number,
  values: string[],
): Node<Kept> | undefined {
  const segment = segments[at];
  if (segment === undefined) return node.routes && node;
  const fixed = node.fixed.get(segment.toLowerCase());
  const byFixed = fixed && find(fixed, segments, at + 1, values);
  if (byFixed || !node.parameter || segment === "") return byFixed;
  values.push(segment);
  const byParameter = find(node.parameter, segments, at + 1, values);
  if (!byParameter) values.pop();
  return byParameter;
}

function segmentsOf(path: string): string[] {
  const end = path.length > 1 && path.endsWith("/") ? -1 : undefined;
  return path === "/" ? [] : path.slice(1, end).split("/");
}

/** What can't be decoded stands for itself. */
function decoded(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
