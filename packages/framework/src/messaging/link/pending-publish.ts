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

/** A message on its way, from the moment it is published until the broker has confirmed it. */
export class PendingPublish extends Timed {
  readonly outgoing: Outgoing;
  isOver = false;
  /** How often it was handed to the broker. */
  sent = 0;
  /** The broker gave it back for want of a queue. */
  isReturned = false;
  wasReturnedBefore = false;
  private readonly resolve: () => void;
  private readonly reject: (error: VastifyError) => void;
  private readonly onOver: (pending: PendingPublish) => void;

  constructor(
    outgoing: Outgoing,
    timeoutMs: number,
    settle: { resolve: () => void; reject: (error: VastifyError) => void; over: (pending: PendingPublish) => void },
  ) {
    super(timeoutMs);
    this.outgoing = outgoing;
    this.resolve = settle.resolve;
    this.reject = settle.reject;
    this.onOver = settle.over;
  }

  succeed(): void {
    if (this.end()) this.resolve();
  }

  fail(error: VastifyError): void {
    if (this.end()) this.reject(error);
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
