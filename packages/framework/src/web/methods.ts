import { VastifyError } from "../core/index.js";
import type { Exchange } from "./exchange.js";

/** What is there to be read alone. @throws VastifyError reason `method_not_allowed`, for any method that does more */
export function expectReading(ctx: Exchange): void {
  if (ctx.method === "GET" || ctx.method === "HEAD") return;
  ctx.set("allow", "GET, HEAD");
  throw noSuchMethod(ctx);
}

/** @param ctx whose answer says in `allow` what the path has */
export function noSuchMethod({ path, method, response }: Exchange): VastifyError {
  return new VastifyError("unimplemented", `${path} has no ${method}; it has ${response.get("allow")}`, {
    reason: "method_not_allowed",
  });
}
