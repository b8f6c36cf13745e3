import type { Options } from "amqplib";
import { VastifyError } from "../../core/index.js";
import { Timed } from "./timed.js";

/** A message as it goes to the broker. */
export interface Outgoing {
  /** "" is the default exchange, whose routing keys are the names of queues. */
  readonly exchange: string;
  readonly routingKey: string;
  readonly content: Buffer;
  readonly properties: Options.Publish;
}

/** Who waits for a message to be confirmed. */
export interface Waiter {
  resolve(): void;
  reject(error: VastifyError): void;
}

/** A message on its way, from the moment it is published until the broker has confirmed it. */
export class PendingPublish extends Timed {
  readonly outgoing: Outgoing;
  /** Among those that are not confirmed; of each time that it is sent another. */
  number = 0;
  isOver = false;
  /** How often it was handed to the broker. */
  sent = 0;
  /** The broker gave it back for want of a queue. */
  isReturned = false;
  wasReturnedBefore = false;
  private readonly waiter: Waiter;
  private readonly onOver: (pending: PendingPublish) => void;

  /** @param onOver is told once, whatever comes of it */
  constructor(outgoing: Outgoing, timeoutMs: number, waiter: Waiter, onOver: (pending: PendingPublish) => void) {
    super(timeoutMs);
    this.outgoing = outgoing;
    this.waiter = waiter;
    this.onOver = onOver;
  }

  succeed(): void {
    if (this.end()) this.waiter.resolve();
  }

  fail(error: VastifyError): void {
    if (this.end()) this.waiter.reject(error);
  }

  expire(): void {
    const within = `within ${Math.round(this.timeoutMs)} ms`;
    this.fail(
      this.sent === 0
        ? new VastifyError("unavailable", `${this.title} could not be sent to RabbitMQ ${within}`, {
            reason: "broker_unreachable",
          })
        : new VastifyError("unavailable", `RabbitMQ did not confirm ${this.title} ${within}; it may have it`, {
            reason: "not_confirmed",
          }),
    );
  }

  get title(): string {
    const { exchange, routingKey } = this.outgoing;
    return `the message to ${exchange === "" ? routingKey : `${exchange} (${routingKey})`}`;
  }

  private end(): boolean {
    if (this.isOver) return false;
    this.isOver = true;
    this.onOver(this);
    return true;
  }
}
