import { openSync, writeSync } from "node:fs";
import { rabbit } from "vastify/messaging";
import { answerParent } from "../../support/child.mjs";
import { queues, retry } from "./queues.mjs";
import { seenFiles } from "./seen-files.mjs";

let broker;

answerParent({
  async start({ url, log, seen }) {
    broker = rabbit({ waitForBroker: true, url });
    // Appended at once and by all processes in turn: what was written stays, however the process ends.
    const file = openSync(log, "a");
    const handler = (job, { key }) => {
      writeSync(file, `${key ?? "-"} ${job.n}\n`);
    };
    const once = seenFiles(seen);
    const { plain, ordered } = queues(broker);
    plain.consume(handler, { once, retry, prefetch: 50 });
    ordered.consume(handler, { once, retry, prefetch: 50 });
    await broker.start();
  },
  duplicates: () => broker.health().duplicates,
  stop: () => broker.stop(),
  die: () => process.kill(process.pid, "SIGKILL"),
});
