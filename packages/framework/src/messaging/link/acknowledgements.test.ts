import { EventEmitter } from "node:events";
import type { Channel, ConsumeMessage } from "amqplib";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Acknowledgements } from "./acknowledgements.js";

/** Notes what it is told. */
function fakeChannel() {
  const told: string[] = [];
  const tagOf = (message: ConsumeMessage) => message.fields.deliveryTag;
  const channel = Object.assign(new EventEmitter(), {
    ack: (message: ConsumeMessage, allUpTo = false) => told.push(`${allUpTo ? "up to " : ""}${tagOf(message)}`),
    nack: (message: ConsumeMessage) => told.push(`back ${tagOf(message)}`),
  });
  return { channel: channel as unknown as Channel, told };
}

const delivery = (deliveryTag: number) => ({ fields: { deliveryTag } }) as ConsumeMessage;

afterEach(() => void vi.useRealTimers());

describe("acknowledgements", () => {
  it("of an unbroken run are told by one frame", () => {
    const { channel, told } = fakeChannel();
    const acks = new Acknowledgements(channel, 8);
    for (const tag of [2, 1, 3]) acks.add(delivery(tag));
    acks.flush();
    expect(told).toEqual(["up to 3"]);
  });

  it("never cover what is still at work", () => {
    const { channel, told } = fakeChannel();
    const acks = new Acknowledgements(channel, 8);
    for (const tag of [1, 3, 5]) acks.add(delivery(tag));
    acks.flush();
    expect(told).toEqual(["up to 1", "3", "5"]);
    acks.add(delivery(2));
    acks.flush();
    acks.add(delivery(4));
    acks.add(delivery(6));
    acks.flush();
    expect(told.slice(3)).toEqual(["up to 2", "up to 6"]);
  });

  it("of a few wait a moment for more; those of a quarter of the prefetch don't", () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setImmediate"] });
    const { channel, told } = fakeChannel();
    const acks = new Acknowledgements(channel, 8);
    acks.add(delivery(1));
    vi.advanceTimersByTime(0);
    expect(told).toEqual([]);
    acks.add(delivery(2));
    vi.advanceTimersByTime(0);
    expect(told).toEqual(["up to 2"]);
    acks.add(delivery(3));
    vi.advanceTimersByTime(1);
    expect(told).toEqual(["up to 2", "up to 3"]);
  });

  it("leave out what was given back", () => {
    const { channel, told } = fakeChannel();
    const acks = new Acknowledgements(channel, 8);
    acks.giveBack(delivery(1));
    acks.add(delivery(2));
    acks.flush();
    expect(told).toEqual(["back 1", "up to 2"]);
  });

  it("are not told to a channel that is gone", () => {
    const { channel, told } = fakeChannel();
    const acks = new Acknowledgements(channel, 8);
    acks.add(delivery(1));
    channel.emit("close");
    acks.flush();
    acks.giveBack(delivery(2));
    expect(told).toEqual([]);
  });
});
