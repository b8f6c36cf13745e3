// One side of a cross-process contestant: node across-child.mjs FILE OPTIONS
import { deepStrictEqual } from "node:assert";
import { setTimeout as delay } from "node:timers/promises";
import { answerParent } from "../support/child.mjs";
import { countSocketBytes } from "../support/socket-bytes.mjs";
import { atConcurrency } from "./load.mjs";
import { payloads } from "./payloads.mjs";

const [file, options] = process.argv.slice(2);
const socketBytes = countSocketBytes();
const { startServer, connect } = await import(`./contestants/${file}`);
let call;

answerParent({
  startServer: () => startServer(JSON.parse(options)),
  async connect(address) {
    ({ call } = await connect(address));
    await expectEcho(performance.now() + 10_000);
  },
  async measure({ payload, concurrency, seconds, leadSeconds }) {
    const lead = await atConcurrency(call, payloads[payload], concurrency, leadSeconds);
    const result = await atConcurrency(call, payloads[payload], concurrency, seconds);
    return { ...result, callsInAll: lead.calls + result.calls };
  },
  async wire({ payload, seconds }) {
    const before = socketBytes();
    const { calls } = await atConcurrency(call, payloads[payload], 64, seconds);
    return (socketBytes() - before) / calls;
  },
  usage() {
    const { user, system } = process.cpuUsage();
    return { cpuUs: user + system, rssMb: process.memoryUsage.rss() / 1e6 };
  },
});

/** The client may need a moment to find the server. */
async function expectEcho(untilMs) {
  for (const data of Object.values(payloads)) {
    for (;;) {
      try {
        deepStrictEqual(await call(data), data);
        break;
      } catch (error) {
        if (performance.now() > untilMs) throw error;
        await delay(100);
      }
    }
  }
}
