import "reflect-metadata";
import { Controller, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { ClientProxyFactory, MessagePattern, Transport } from "@nestjs/microservices";
import { firstValueFrom } from "rxjs";
import { freePort } from "../../support/free-port.mjs";

const pattern = { cmd: "echo" };

class EchoController {
  echo(message) {
    return message.data;
  }
}
class EchoModule {}

// What `@MessagePattern(…)`, `@Controller()` and `@Module(…)` do, without a compiler.
MessagePattern(pattern)(
  EchoController.prototype,
  "echo",
  Object.getOwnPropertyDescriptor(EchoController.prototype, "echo"),
);
Controller()(EchoController);
Module({ controllers: [EchoController] })(EchoModule);

export async function startServer() {
  const options = { host: "127.0.0.1", port: await freePort() };
  const app = await NestFactory.createMicroservice(EchoModule, { transport: Transport.TCP, options, logger: false });
  await app.listen();
  return options;
}

export async function connect(options) {
  const client = ClientProxyFactory.create({ transport: Transport.TCP, options });
  await client.connect();
  return { call: (data) => firstValueFrom(client.send(pattern, { data })) };
}
