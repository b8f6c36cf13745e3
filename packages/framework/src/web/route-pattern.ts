import { badOption } from "../core/index.js";
import type { PublishedRoute } from "./published-routes.js";
import { shapeOf } from "./route-path.js";

const patternShape = /^(\*|[A-Z]+) (\/\S*)$/;

/**
 * Reads which routes are meant, such as `GET /user/:id`, `GET /user/*` (what begins with `/user/`) or `* /status`. It
 * is held against the paths that services publish, not against those of requests.
 * @throws VastifyError `invalid_argument`, reason `bad_option`
 */
export function readRoutePattern(
  pattern: string,
  where: string,
): (route: Pick<PublishedRoute, "method" | "path">) => boolean {
  const [, wantedMethod, wantedPath] = patternShape.exec(pattern) ?? [];
  if (wantedMethod === undefined || wantedPath === undefined || /\*./.test(wantedPath))
    throw badOption(where, pattern, 'a method and a path such as "GET /user/:id" or "GET /user/*"');
  const shape = shapeOf(wantedPath);
  const isPath = shape.endsWith("*")
    ? (path: string) => path.startsWith(shape.slice(0, -1))
    : (path: string) => path === shape;
  return ({ method, path }) => (wantedMethod === "*" || wantedMethod === method) && isPath(shapeOf(path));
}
