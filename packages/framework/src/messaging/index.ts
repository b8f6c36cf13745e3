export type { SeenMessages } from "../core/index.js";
export type { Chosen, ParkedMessage, Parking } from "./failures/parking.js";
export type { RetryOptions } from "./failures/retry.js";
export { type MemorySeenOptions, memorySeen } from "./failures/seen-messages.js";
export type { PublishOptions } from "./message/compose.js";
export type { Delivery, Handler } from "./message/delivery.js";
export type { Headers, HeaderValue } from "./message/headers.js";
export type { StandardSchema } from "./message/standard-schema.js";
export { type RabbitPart, rabbit } from "./rabbit.js";
export type { RabbitOptions } from "./rabbit-options.js";
export type { ConsumeOptions, Subscription } from "./ways/consume.js";
export { type EventPublisher, eventPublisher, type KeptEvent } from "./ways/event-publisher.js";
export type { EventDefinition, Events, OnEventOptions } from "./ways/events.js";
export type {
  ExchangeOptions,
  ExchangePublishOptions,
  Fanout,
  Routed,
  SubscribeOptions,
} from "./ways/exchange.js";
export type { Rpc, RpcCallOptions, RpcOptions, ServeOptions } from "./ways/rpc.js";
export type { SendOptions, WorkQueue, WorkQueueOptions } from "./ways/work-queue.js";
