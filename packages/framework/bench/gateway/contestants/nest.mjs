import "reflect-metadata";
import { Controller, Get, Module, Param } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { ClientProxyFactory, MessagePattern, Transport } from "@nestjs/microservices";
import { FastifyAdapter } from "@nestjs/platform-fastify";
import { freePort } from "../../support/free-port.mjs";
import { recordOf } from "../record.mjs";

const pattern = { cmd: "find" };

class RecordController {
  find({ id }) {
    return recordOf(id);
  }
}
class RecordModule {}
let client;
class EdgeController {
  find(id) {
    return client.send(pattern, { id });
  }
}
class EdgeModule {}

// What the decorators `@MessagePattern(…)`, `@Get(…)`, `@Param(…)`, `@Controller()` and `@Module(…)` do, without a compiler.
const method = ({ prototype }) => [prototype, "find", Object.getOwnPropertyDescriptor(prototype, "find")];
MessagePattern(pattern)(...method(RecordController));
Controller()(RecordController);
Module({ controllers: [RecordController] })(RecordModule);
Get("bench/:id")(...method(EdgeController));
Param("id")(EdgeController.prototype, "find", 0);
Controller()(EdgeController);
Module({ controllers: [EdgeController] })(EdgeModule);

export async function startServer() {
  const options = { host: "127.0.0.1", port: await freePort() };
  const app = await NestFactory.createMicroservice(RecordModule, { transport: Transport.TCP, options, logger: false });
  await app.listen();
  return options;
}

export async function startGateway(options) {
  client = ClientProxyFactory.create({ transport: Transport.TCP, options });
  await client.connect();
  const app = await NestFactory.create(EdgeModule, new FastifyAdapter(), { logger: false });
  await app.listen(0, "127.0.0.1");
  return { port: app.getHttpServer().address().port };
}
