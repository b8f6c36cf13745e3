// A service with one action, reachable by its TCP transporter.
import { ServiceBroker } from "moleculer";
import { tellParent } from "./tell-parent.mjs";

const transporter = { type: "TCP", options: { udpDiscovery: false } };
const broker = new ServiceBroker({ namespace: `bench-${process.pid}`, logger: false, transporter });
broker.createService({ name: "bench", actions: { echo: (ctx) => ctx.params.data } });
await broker.start();
tellParent();
