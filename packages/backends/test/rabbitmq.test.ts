import { connect } from "node:net";
import { type RunningRabbitmq, startRabbitmq } from "@vastify/backends";
import amqplib from "amqplib";
import { afterAll, describe, expect, it } from "vitest";

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      resolve(true);
      socket.destroy();
    });
    socket.once("error", () => resolve(false));
  });
}

describe("a RabbitMQ broker", () => {
  let broker: RunningRabbitmq;
  afterAll(() => broker?.remove());

  it("accepts connections on its own port of 127.0.0.1, and ends when it is told to", async () => {
    broker = await startRabbitmq({ policies: { "short lived": { pattern: ".*", definition: { "max-length": 1 } } } });
    expect(broker.url).toBe(`amqp://127.0.0.1:${broker.port}`);
    expect(await answers(broker.port)).toBe(true);
    await broker.stop();
    expect(await answers(broker.port)).toBe(false);
  });

  it("comes back on the same port, also after a crash", async () => {
    await broker.start();
    await broker.kill();
    await broker.start();
    expect(await answers(broker.port)).toBe(true);
  });

  it("has the policies that it was given, from then on", async () => {
    const connection = await amqplib.connect(broker.url);
    const channel = await connection.createConfirmChannel();
    const { queue } = await channel.assertQueue("", { exclusive: true });
    for (const text of ["first", "second"]) channel.sendToQueue(queue, Buffer.from(text));
    await channel.waitForConfirms();
    expect(await channel.checkQueue(queue)).toMatchObject({ messageCount: 1 });
    await connection.close();
  });

  it("refuses a policy that the broker refuses, and ends", async () => {
    const policies = { odd: { pattern: ".*", definition: { "max-length": "many" } } };
    await expect(startRabbitmq({ policies })).rejects.toThrow(/max-length/);
  });

  it("says why it did not start", async () => {
    await expect(startRabbitmq({ settings: { no_such_setting: "true" } })).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("it ended with code 1"),
    });
  });
});
