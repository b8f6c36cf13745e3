import { Connection } from "rabbitmq-client";

export async function open({ url, queue }) {
  const connection = new Connection({ url, noDelay: true });
  await connection.onConnect(10_000);
  await connection.queueDeclare({ queue, durable: true });
  const publisher = connection.createPublisher({ confirm: true });
  const rpcQueue = `${queue}.rpc`;
  const client = connection.createRPCClient({ confirm: false });
  return {
    send: (data) => publisher.send({ routingKey: queue, durable: true }, data),
    async consume(handle, prefetch) {
      const options = { queue, queueOptions: { durable: true }, qos: { prefetchCount: prefetch } };
      connection.createConsumer(options, ({ body }) => handle(body));
    },
    async serve(handle) {
      const options = { queue: rpcQueue, queueOptions: { durable: true, autoDelete: true }, noAck: true };
      const consumer = connection.createConsumer(options, async ({ body }, reply) => reply(await handle(body)));
      await new Promise((resolve) => consumer.once("ready", resolve));
    },
    call: async (data) => (await client.send(rpcQueue, data)).body,
  };
}
