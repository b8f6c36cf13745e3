import type { Exchange } from "./exchange.js";

/** More than these are made up by clients or actions. */
const mostRemembered = 100;

/**
 * Makes what says that an answer may be another for other values of these headers, in small letters. The same few lists
 * come again and again, so what they become is remembered.
 */
export function varyBy(...names: readonly string[]): (ctx: Exchange) => void {
  const alone = names.join(", ");
  const joined = new Map<string, string>();
  return (ctx) => {
    const said: string | undefined = ctx.response.get("vary");
    if (said === undefined) return ctx.set("vary", alone);
    let all = joined.get(said);
    if (all === undefined) {
      all = join(said, names);
      if (joined.size < mostRemembered) joined.set(said, all);
    }
    ctx.set("vary", all);
  };
}

function join(said: string, names: readonly string[]): string {
  const known = said.toLowerCase().split(/, */);
  const more = known.includes("*") ? [] : names.filter((name) => !known.includes(name));
  return [said, ...more].join(", ");
}
