import Koa from "koa";
import Router from "koa-router";
import Seneca from "seneca";
import senecaWeb from "seneca-web";
import koaAdapter from "seneca-web-adapter-koa2";
import { freePort } from "../../support/free-port.mjs";
import { recordOf } from "../record.mjs";

// The history remembers every call: without it Seneca is a little faster and does not run out of memory.
const options = { log: "silent", history: { active: false } };

export async function startServer({ type }) {
  const address = { type, host: "127.0.0.1", port: await freePort(), pin: "record:*" };
  const seneca = Seneca(options);
  seneca.add("record:load", ({ args }, reply) => reply(null, recordOf(args.params.id)));
  await ready(seneca.listen(address));
  return address;
}

export async function startGateway(address) {
  const seneca = Seneca(options);
  const context = new Router();
  const routes = [{ prefix: "/bench", pin: "record:*", map: { load: { GET: true, name: "", suffix: "/:id" } } }];
  seneca.use(senecaWeb, { context, adapter: koaAdapter, routes, options: { parseBody: false } });
  await ready(seneca.client(address));
  const app = new Koa().use(context.routes());
  const server = await new Promise((resolve) => {
    const listening = app.listen(0, "127.0.0.1", () => resolve(listening));
  });
  return { port: server.address().port };
}

function ready(seneca) {
  return new Promise((resolve, reject) => {
    seneca.error(reject);
    seneca.ready(resolve);
  });
}
