import type { Context } from "koa";

// What decides on an action's answer. None can hold a secret: all of `args` may be logged and travels to other processes.
const travelling = ["accept-language", "if-match", "if-none-match"] as const;

/** The request's headers that travel in an action's `args.headers`, by their lower-case names; absent without any. */
export function actionHeaders(ctx: Context): { headers?: Readonly<Record<string, string>> } {
  let headers: Record<string, string> | undefined;
  for (const name of travelling) {
    const value = ctx.headers[name];
    if (typeof value !== "string" || value === "") continue;
    headers ??= {};
    headers[name] = value;
  }
  return headers ? { headers } : {};
}
