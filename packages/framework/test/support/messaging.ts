import { onTestFinished } from "vitest";
import { type RabbitOptions, type RabbitPart, rabbit } from "../../src/messaging/index.js";

/** The real RabbitMQ of this run. */
export const amqpUrl = process.env.TEST_AMQP_URL ?? "";

type TestOptions = Partial<RabbitOptions>;

/** Started after `prepare`, and stopped after the test. */
export async function startRabbit(
  options: TestOptions = {},
  prepare: (broker: RabbitPart) => void = () => {},
): Promise<RabbitPart> {
  const broker = rabbit({ url: amqpUrl, graceMs: 2_000, publishTimeoutMs: 55_000, ...options });
  onTestFinished(() => broker.stop());
  prepare(broker);
  await broker.start();
  return broker;
}
