import { ServiceBroker } from "moleculer";
import ApiGateway from "moleculer-web";
import { freePort } from "../../support/free-port.mjs";
import { recordOf } from "../record.mjs";

// Nodes of other runs on this machine are none of ours.
const common = { namespace: `bench-gateway-${process.ppid}`, logger: false, validator: false, metrics: false };

export async function startServer() {
  const port = await freePort();
  const broker = new ServiceBroker({ ...common, nodeID: "server", transporter: transporter({ port }) });
  broker.createService({ name: "bench", actions: { find: (ctx) => recordOf(ctx.params.id) } });
  await broker.start();
  return { port };
}

export async function startGateway({ port: server }) {
  const port = await freePort();
  const urls = [`127.0.0.1:${server}/server`];
  const broker = new ServiceBroker({ ...common, nodeID: "gateway", transporter: transporter({ urls }) });
  const routes = [{ path: "/", aliases: { "GET /bench/:id": "bench.find" } }];
  broker.createService({ mixins: [ApiGateway], settings: { ip: "127.0.0.1", port, routes } });
  await broker.start();
  await broker.waitForServices("bench", 15_000);
  return { port };
}

/** Its TCP transporter as it comes, except that nodes are told of each other instead of looking for them by UDP. */
function transporter(options) {
  return { type: "TCP", options: { udpDiscovery: false, ...options } };
}
