import { badOption } from "../../core/index.js";
import { wantsNothing } from "../access.js";
import { shapeOf } from "../route-path.js";
import type { OfferedRoute } from "../route-versions.js";

type AnyRoute = Pick<OfferedRoute, "method" | "path" | "access">;

const patternShape = /^(\*|[A-Z]+) (\/\S*)$/;

/**
 * Which routes everybody may use: those whose contract says so, and of those without a contract the ones listed, such
 * as `GET /user/:id`, `GET /user/*` (what begins with `/user/`) or `* /status`. What a contract closes stays closed.
 * @throws VastifyError `invalid_argument`, reason `bad_option`
 */
export function openRoutes(listed: readonly string[], where: string): (route: AnyRoute) => boolean {
  const patterns = listed.map((pattern, index) => readPattern(pattern, `${where}[${index}]`));
  return ({ method, path, access }) =>
    access
      ? wantsNothing(access)
      : patterns.some((pattern) => pattern.hasMethod(method) && pattern.hasPath(shapeOf(path)));
}

/** Routes that a pattern names, by their methods and the shapes of their paths. */
interface RoutePattern {
  hasMethod(method: string): boolean;
  hasPath(shape: string): boolean;
}

function readPattern(pattern: string, where: string): RoutePattern {
  const [, method, path] = patternShape.exec(pattern) ?? [];
  if (method === undefined || path === undefined || /\*./.test(path))
    throw badOption(where, pattern, 'a method and a path such as "GET /user/:id" or "GET /user/*"');
  const shape = shapeOf(path);
  return {
    hasMethod: (given) => method === "*" || method === given,
    hasPath: shape.endsWith("*") ? (given) => given.startsWith(shape.slice(0, -1)) : (given) => given === shape,
  };
}
