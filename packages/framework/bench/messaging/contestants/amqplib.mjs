import { randomUUID } from "node:crypto";
import amqplib from "amqplib";
import { acknowledgeTogether } from "./acknowledge-together.mjs";

/**
 * By hand, as fast as amqplib goes, doing what the others do: persistent messages with an id that duplicates are
 * recognised by, confirmed, and acknowledged after their handler, those of one turn in one frame.
 */
export async function open({ url, queue }) {
  const model = await amqplib.connect(url, { noDelay: true });
  const channel = await model.createConfirmChannel();
  await channel.assertQueue(queue, { durable: true });
  const rpcQueue = `${queue}.rpc`;
  const plain = await model.createChannel();
  const waiting = new Map();
  let nextId = 0;
  await plain.consume(
    "amq.rabbitmq.reply-to",
    ({ properties, content }) => {
      const resolve = waiting.get(properties.correlationId);
      waiting.delete(properties.correlationId);
      resolve(JSON.parse(content));
    },
    { noAck: true },
  );
  return {
    send: (data) =>
      new Promise((resolve, reject) => {
        const settle = (error) => (error ? reject(error) : resolve());
        channel.sendToQueue(queue, bytesOf(data), propertiesOf(), settle);
      }),
    async consume(handle, prefetch) {
      const consuming = await model.createChannel();
      const acknowledge = acknowledgeTogether(consuming);
      await consuming.prefetch(prefetch);
      const take = async (message) => {
        await handle(JSON.parse(message.content));
        acknowledge(message);
      };
      await consuming.consume(queue, take);
    },
    async serve(handle) {
      const serving = await model.createChannel();
      await serving.assertQueue(rpcQueue, { durable: true, autoDelete: true });
      const take = async ({ properties, content }) => {
        const result = bytesOf(await handle(JSON.parse(content)));
        serving.sendToQueue(properties.replyTo, result, { correlationId: properties.correlationId });
      };
      await serving.consume(rpcQueue, take, { noAck: true });
    },
    call: (data) =>
      new Promise((resolve) => {
        const correlationId = String(nextId++);
        waiting.set(correlationId, resolve);
        plain.sendToQueue(rpcQueue, bytesOf(data), { replyTo: "amq.rabbitmq.reply-to", correlationId });
      }),
  };
}

function propertiesOf() {
  const timestamp = Math.floor(Date.now() / 1_000);
  return { persistent: true, messageId: randomUUID(), contentType: "application/json", timestamp };
}

function bytesOf(data) {
  return Buffer.from(JSON.stringify(data));
}
