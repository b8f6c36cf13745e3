import type { Context } from "koa";

/**
 * Says that the answer may be another for other values of these headers, in small letters. Koa's `vary` takes the whole
 * list apart for each of them.
 */
export function varyBy(ctx: Context, ...names: readonly string[]): void {
  const said = ctx.res.getHeader("vary");
  if (said === undefined) {
    ctx.res.setHeader("vary", names.join(", "));
    return;
  }
  const known = String(said).toLowerCase().split(", ");
  const more = known.includes("*") ? [] : names.filter((name) => !known.includes(name));
  if (more.length > 0) ctx.res.setHeader("vary", [said, ...more].join(", "));
}
