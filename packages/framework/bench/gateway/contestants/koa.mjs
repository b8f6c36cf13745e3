import Koa from "koa";
import Router from "koa-router";
import { recordOf } from "../record.mjs";

/** It answers by itself: no hop. */
export async function startGateway() {
  const router = new Router();
  router.get("/bench/:id", (ctx) => {
    ctx.body = recordOf(ctx.params.id);
  });
  const app = new Koa().use(router.routes());
  const server = await new Promise((resolve) => {
    const listening = app.listen(0, "127.0.0.1", () => resolve(listening));
  });
  return { port: server.address().port };
}
