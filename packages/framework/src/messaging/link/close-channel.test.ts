import { EventEmitter } from "node:events";
import type { Channel } from "amqplib";
import { it } from "vitest";
import { closeChannel } from "./close-channel.js";

const never = new Promise<never>(() => {});

function channelThat(close: () => Promise<void>) {
  return Object.assign(new EventEmitter(), { close }) as unknown as Channel;
}

it.each([
  ["answers", async () => {}],
  ["is closed already, which amqplib throws", () => Promise.reject(new Error("Channel closed"))],
  ["never answers", () => never],
])("closing a channel ends when the broker %s", async (_what, close) => {
  await closeChannel(channelThat(close), 10);
});

it("closing a channel ends with its connection, of which amqplib's promise says nothing", async () => {
  const channel = channelThat(() => never);
  const closing = closeChannel(channel);
  channel.emit("close");
  await closing;
});
