import { ServiceBroker } from "moleculer";
import { freePort } from "../../support/free-port.mjs";

// Nodes of other runs on this machine are none of ours.
const common = { namespace: `bench-${process.ppid}`, logger: false, validator: false, metrics: false };

export async function startServer() {
  const port = await freePort();
  const broker = new ServiceBroker({ ...common, nodeID: "server", transporter: transporter({ port }) });
  broker.createService({ name: "bench", actions: { echo: (ctx) => ctx.params.data } });
  await broker.start();
  return { port };
}

export async function connect({ port }) {
  const urls = [`127.0.0.1:${port}/server`];
  const broker = new ServiceBroker({ ...common, nodeID: "client", transporter: transporter({ urls }) });
  await broker.start();
  await broker.waitForServices("bench", 15_000);
  return { call: (data) => broker.call("bench.echo", { data }) };
}

/** Its TCP transporter as it comes, except that nodes are told of each other instead of looking for them by UDP. */
function transporter(options) {
  return { type: "TCP", options: { udpDiscovery: false, ...options } };
}
