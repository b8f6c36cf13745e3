import { startRabbitmq } from "@vastify/backends";
import { rabbit } from "vastify/messaging";

/**
 * Runs an example with a broker: the one of AMQP_URL, or else one of its own that is gone afterwards.
 * @param {(connect: () => Promise<import("vastify/messaging").RabbitPart>) => Promise<void>} example
 */
export async function withBroker(example) {
  const own = process.env.AMQP_URL ? undefined : await startRabbitmq();
  const connected = [];
  const connect = async () => {
    const broker = rabbit({ url: process.env.AMQP_URL ?? own.url });
    await broker.start();
    connected.push(broker);
    return broker;
  };
  try {
    await example(connect);
    console.log("as expected");
  } finally {
    await Promise.all(connected.map((broker) => broker.stop()));
    await own?.remove();
  }
}

/** Waits until something is so; an example that waits for longer has failed. */
export async function until(isSo, deadlineMs = 20_000) {
  const end = performance.now() + deadlineMs;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`never came true: ${isSo}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
