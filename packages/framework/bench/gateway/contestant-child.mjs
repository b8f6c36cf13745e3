// One process of a contestant: node contestant-child.mjs FILE
import { answerParent } from "../support/child.mjs";

const { startServer, startGateway } = await import(`./contestants/${process.argv[2]}`);

answerParent({
  startServer,
  startGateway,
  usage() {
    const { user, system } = process.cpuUsage();
    return { cpuUs: user + system, rssMb: process.memoryUsage.rss() / 1e6 };
  },
});
