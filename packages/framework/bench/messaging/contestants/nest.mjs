import "reflect-metadata";
import { Controller, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { ClientProxyFactory, Ctx, EventPattern, MessagePattern, Payload, Transport } from "@nestjs/microservices";
import { firstValueFrom } from "rxjs";

export async function open({ url, queue }) {
  const rpcQueue = `${queue}.rpc`;
  const clientOf = async (name, queueOptions) => {
    const options = { urls: [url], queue: name, queueOptions, persistent: true };
    const client = ClientProxyFactory.create({ transport: Transport.RMQ, options });
    await client.connect();
    return client;
  };
  const [jobs, rpc] = await Promise.all([
    clientOf(queue, { durable: true }),
    clientOf(rpcQueue, { durable: true, autoDelete: true }),
  ]);
  return {
    // It resolves once the broker has confirmed it.
    send: (data) => firstValueFrom(jobs.emit("job", data), { defaultValue: undefined }),
    async consume(handle, prefetch) {
      const acknowledged = async (data, context) => {
        await handle(data);
        context.getChannelRef().ack(context.getMessage());
      };
      const options = { queue, queueOptions: { durable: true }, noAck: false, prefetchCount: prefetch };
      await listen(url, options, EventPattern("job"), acknowledged);
    },
    async serve(handle) {
      const options = { queue: rpcQueue, queueOptions: { durable: true, autoDelete: true } };
      await listen(url, options, MessagePattern("rpc"), (data) => handle(data));
    },
    call: (data) => firstValueFrom(rpc.send("rpc", data)),
  };
}

/** What `@Controller()`, `@Module(…)` and the others do, without a compiler. */
async function listen(url, options, pattern, handle) {
  class JobController {
    take(data, context) {
      return handle(data, context);
    }
  }
  class JobModule {}
  Payload()(JobController.prototype, "take", 0);
  Ctx()(JobController.prototype, "take", 1);
  pattern(JobController.prototype, "take", Object.getOwnPropertyDescriptor(JobController.prototype, "take"));
  Controller()(JobController);
  Module({ controllers: [JobController] })(JobModule);
  const app = await NestFactory.createMicroservice(JobModule, {
    transport: Transport.RMQ,
    options: { urls: [url], ...options },
    logger: false,
  });
  await app.listen();
}
