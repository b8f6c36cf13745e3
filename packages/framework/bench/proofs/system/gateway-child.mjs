// A gateway under test. It notes when it saw which connection to a peer end.
import { subscribe } from "node:diagnostics_channel";
import { createGateway } from "vastify";
import { answerParent } from "../../support/child.mjs";
import { wallClock } from "../../support/wall-clock.mjs";
import { memoryFigures } from "./process-figures.mjs";

let gateway;
const lost = [];

subscribe("net.client.socket", ({ socket }) => {
  socket.once("connect", () => {
    const port = socket.remotePort;
    socket.once("close", () => lost.push({ port, at: wallClock() }));
  });
});

answerParent({
  async start({ options }) {
    gateway = createGateway(options);
    await gateway.start();
    return { instance: gateway.instance, url: gateway.addresses.http };
  },
  /** When the connections to a peer's port ended, in milliseconds of the wall clock. */
  lostAt: (port) => lost.filter((one) => one.port === port).map(({ at }) => at),
  memory: memoryFigures,
  leave: () => gateway.stop(),
});
