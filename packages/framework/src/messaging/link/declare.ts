import type { Channel } from "amqplib";
import { VastifyError } from "../../core/index.js";

/** Declares exchanges, queues and bindings: as often as one likes, since what is there already stays. */
export type Declare = (channel: Channel) => Promise<void>;

export function declareAll(steps: readonly Declare[]): Declare {
  return async (channel) => {
    for (const step of steps) await step(channel);
  };
}

const refusals: ReadonlySet<unknown> = new Set([403, 405, 406]);

/**
 * Runs a declaration and says in one line when the broker refuses it.
 * @throws VastifyError `failed_precondition`, reason `topology_refused`
 */
export async function declareOrExplain(channel: Channel, declare: Declare): Promise<void> {
  try {
    await declare(channel);
  } catch (cause) {
    if (!(cause instanceof Error) || !refusals.has((cause as Error & { code?: unknown }).code)) throw cause;
    const said = cause.message.replace(/^.*?with message "?/, "").replace(/"$/, "");
    const advice = "delete it at the broker, or give it the options that it was made with";
    throw new VastifyError("failed_precondition", `RabbitMQ refused a queue or exchange: ${said}; ${advice}`, {
      reason: "topology_refused",
      cause,
    });
  }
}
