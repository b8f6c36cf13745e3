import type { Channel } from "amqplib";
import { delay } from "../../core/index.js";

/**
 * Closes a channel, whatever state it is in. amqplib's own promise stays open for good when the connection is lost
 * before the broker has answered, and throws when the channel is closed already. A broker that says nothing is waited
 * for `longestMs`.
 */
export async function closeChannel(channel: Channel, longestMs = 1_000): Promise<void> {
  const closed = new Promise<void>((resolve) => channel.once("close", () => resolve()));
  const asked = Promise.resolve()
    .then(() => channel.close())
    .catch(() => {});
  await Promise.race([asked, closed, delay(longestMs)]);
}
