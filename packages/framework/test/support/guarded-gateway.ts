import { z } from "zod";
import { defineAction, defineContract, type Gateway, type GuardOptions, implement } from "../../src/index.js";
import { startGateway, startService, uniqueName, until } from "./services.js";

/** A service with a route for everybody and some that want more, and a gateway in front of it. */
export async function startGuarded(options: GuardOptions): Promise<{
  gateway: Gateway;
  /** Such as `http://127.0.0.1:3000/library-1234`. */
  url: string;
}> {
  const name = uniqueName("library");
  const output = z.object({ ok: z.boolean() });
  const contract = defineContract({
    target: name,
    version: "1.0.0",
    actions: {
      news: defineAction({ access: "public", rest: { method: "GET", path: `/${name}/news` }, output }),
      borrow: defineAction({
        access: { level: "public", scopes: ["borrow"] },
        rest: { method: "POST", path: `/${name}/borrow`, status: 200 },
        output,
      }),
      audit: defineAction({
        access: { level: "public", roles: ["admin"] },
        rest: { method: "GET", path: `/${name}/audit` },
        output,
      }),
    },
  });
  const answer = () => ({ ok: true });
  await startService({
    name,
    contracts: [implement(contract, { news: answer, borrow: answer, audit: answer })],
    modules: [
      {
        plugin: function shelves(this) {
          this.add("shelf:list", async () => ({ ok: true })).add("shelf:count", async () => ({ ok: true }));
        },
        routes: { prefix: `/${name}`, pin: "shelf:*", map: { list: { GET: true }, count: { GET: true } } },
      },
    ],
  });
  const open = options.auth && { auth: { ...options.auth, open: [`GET /${name}/count`] } };
  const gateway = await startGateway({ name: uniqueName("gateway"), ...options, ...open });
  const url = `${gateway.addresses.http}/${name}`;
  await until(() => gateway.routes.some(({ path }) => path === `/${name}/news`), "the gateway serves the news");
  return { gateway, url };
}
