import { wantsNothing } from "../access.js";
import { readRoutePattern } from "../route-pattern.js";
import type { OfferedRoute } from "../route-versions.js";

/**
 * Which routes everybody may use: those whose contract says so, and of those without a contract the ones that are
 * listed. What a contract closes stays closed.
 * @throws VastifyError `invalid_argument`, reason `bad_option`
 */
export function openRoutes(
  listed: readonly string[],
  where: string,
): (route: Pick<OfferedRoute, "method" | "path" | "access">) => boolean {
  const patterns = listed.map((pattern, index) => readRoutePattern(pattern, `${where}[${index}]`));
  return (route) => (route.access ? wantsNothing(route.access) : patterns.some((names) => names(route)));
}
