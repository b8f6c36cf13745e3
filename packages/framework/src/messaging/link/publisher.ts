import { type ConfirmChannel, IllegalOperationError, type Message } from "amqplib";
import { Deadlines, delay, type Logger, NumberTable, silentLogger, VastifyError } from "../../core/index.js";
import type { Declare } from "./declare.js";
import { type Declared, DeclaredSet } from "./declared.js";
import { LastingChannel } from "./lasting-channel.js";
import type { Link } from "./link.js";
import { type Outgoing, PendingPublish } from "./pending-publish.js";

export interface PublisherOptions {
  /** How many messages may wait for their confirmation or for the broker. */
  readonly maxWaiting: number;
  /** How many bytes they may have together. */
  readonly maxWaitingBytes: number;
}

/** More on the wire at once makes nothing faster, and all of it is sent again when the connection breaks. */
const maxUnconfirmed = 2_000;

/**
 * Publishes with confirms. What is not confirmed when a connection breaks is sent again over the next one, with the
 * same message id: nothing is lost, and what arrives twice can be recognised.
 */
export class Publisher {
  private readonly link: Link;
  private readonly options: PublisherOptions;
  private readonly deadlines = new Deadlines();
  private readonly declared = new DeclaredSet();
  private readonly lasting: LastingChannel<ConfirmChannel>;
  private log: Logger = silentLogger;
  private channel: ConfirmChannel | undefined;
  private isFull = false;
  private isEnding = false;
  /** Not on the wire, in the order they came. */
  private waiting: PendingPublish[] = [];
  /** Lost with their channel; they go before those that wait. */
  private lost: PendingPublish[] = [];
  private readonly unconfirmed = new NumberTable<PendingPublish>();
  private lastNumber = 0;
  private open = 0;
  private openBytes = 0;

  constructor(link: Link, options: PublisherOptions) {
    this.link = link;
    this.options = options;
    this.lasting = new LastingChannel<ConfirmChannel>(link, {
      name: "publishing",
      open: (model) => model.createConfirmChannel(),
      setUp: (channel) => this.setUp(channel),
      lost: () => this.lose(),
    });
    link.whenBlockingChanges(() => this.pump());
  }

  /** How many messages are under way. */
  get size(): number {
    return this.open;
  }

  start(log: Logger): Promise<void> {
    this.log = log;
    return this.lasting.open(log);
  }

  /** What is published to; it is declared with every connection, and whenever a message comes back for want of it. */
  declare(name: string, declare: Declare): Declared {
    const { declared, isNew } = this.declared.get(name, declare);
    if (isNew && this.channel) void this.declared.declare(this.link, this.log, "new").catch(() => {});
    return declared;
  }

  /**
   * Resolves once the broker has the message, and has it on disk if it is persistent.
   * @throws VastifyError `unavailable` (`broker_unreachable`, `not_confirmed`, `unroutable`, `draining`) or
   *   `resource_exhausted`, reason `publish_backlog`
   */
  publish(outgoing: Outgoing, timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const bytes = outgoing.content.length;
      if (this.isEnding) return reject(stopped());
      if (this.open >= this.options.maxWaiting || this.openBytes + bytes > this.options.maxWaitingBytes)
        return reject(this.backlog());
      this.open++;
      this.openBytes += bytes;
      const pending = new PendingPublish(outgoing, timeoutMs, { resolve, reject }, this.ended);
      this.deadlines.add(pending);
      if (this.waiting.length === 0 && this.mayWrite()) this.write(pending);
      else this.waiting.push(pending);
    });
  }

  /** Takes no more, waits for the confirmations of what is under way, and closes. */
  async stop(graceMs: number): Promise<void> {
    this.isEnding = true;
    const end = performance.now() + graceMs;
    while (this.open > 0 && performance.now() < end) await delay(10);
    for (const pending of [...this.allUnconfirmed(), ...this.waiting, ...this.lost]) pending.fail(stopped());
    this.declared.end(stopped());
    await this.lasting.close();
  }

  private async setUp(channel: ConfirmChannel): Promise<void> {
    await this.declared.declare(this.link, this.log);
    channel.on("return", (message: Message) => this.returned(message));
    channel.on("drain", () => {
      this.isFull = false;
      this.pump();
    });
    this.isFull = false;
    this.channel = channel;
    this.repeatLost();
  }

  private mayWrite(): boolean {
    return (
      this.channel !== undefined &&
      !this.isFull &&
      this.link.blocked === undefined &&
      this.unconfirmed.size < maxUnconfirmed
    );
  }

  private pump(): void {
    let taken = 0;
    while (taken < this.waiting.length && this.mayWrite()) {
      const pending = this.waiting[taken++] as PendingPublish;
      if (!pending.isOver) this.write(pending);
    }
    if (taken > 0) this.waiting.splice(0, taken);
  }

  private write(pending: PendingPublish): void {
    const channel = this.channel as ConfirmChannel;
    const { exchange, routingKey, content, properties } = pending.outgoing;
    pending.sent++;
    const number = ++this.lastNumber;
    pending.number = number;
    this.unconfirmed.set(number, pending);
    try {
      const goOn = channel.publish(exchange, routingKey, content, properties, (error: unknown) => {
        this.unconfirmed.delete(number);
        if (error) this.refused(pending, error, channel);
        else if (pending.isReturned) this.unroutable(pending);
        else pending.succeed();
        if (this.waiting.length > 0) this.pump();
      });
      if (!goOn) this.isFull = true;
    } catch (cause) {
      this.unconfirmed.delete(number);
      this.channel = undefined;
      // What amqplib can't write now it never can; again and again, it would keep back all the others.
      if (cause instanceof IllegalOperationError) this.lost.push(pending);
      else pending.fail(unwritable(pending, cause));
      // It may have been closed before anybody could listen for its end.
      this.lasting.renew();
    }
  }

  /** Not confirmed: for trouble within the broker, or for the end of its channel, which amqplib tells in order. */
  private refused(pending: PendingPublish, error: unknown, channel: ConfirmChannel): void {
    this.lost.push(pending);
    // The broker never answered when its channel was left, and another one is at work already.
    if (this.channel && this.channel !== channel) {
      queueMicrotask(() => this.repeatLost());
      return;
    }
    this.channel = undefined;
    // With its channel all that were sent after it come after it again.
    if (error instanceof Error && error.message === "message nacked") this.lasting.renew();
  }

  private lose(): void {
    this.channel = undefined;
    this.repeatLost();
  }

  private repeatLost(): void {
    const again = this.lost;
    this.lost = [];
    this.requeue(again);
  }

  /** Before those that have never been sent, so that the order stays. */
  private requeue(pendings: readonly PendingPublish[]): void {
    this.waiting = [...pendings.filter(({ isOver }) => !isOver), ...this.waiting];
    this.pump();
  }

  /** Comes before the confirmation of the same message. */
  private returned(message: Message): void {
    const { exchange, routingKey } = message.fields;
    for (const pending of this.allUnconfirmed()) {
      const { outgoing } = pending;
      const isIt = outgoing.properties.messageId === message.properties.messageId && outgoing.routingKey === routingKey;
      if (!isIt || outgoing.exchange !== exchange || pending.isReturned) continue;
      pending.isReturned = true;
      return;
    }
  }

  /** A queue that was deleted under us is declared anew with the next channel; a subscription is not ours to make. */
  private unroutable(pending: PendingPublish): void {
    if (pending.outgoing.exchange === "" && !pending.wasReturnedBefore) {
      pending.isReturned = false;
      pending.wasReturnedBefore = true;
      this.channel = undefined;
      this.lost.push(pending);
      this.lasting.renew();
      return;
    }
    pending.fail(new VastifyError("unavailable", `no queue takes ${pending.title}`, { reason: "unroutable" }));
  }

  private readonly ended = (pending: PendingPublish): void => {
    this.deadlines.remove(pending);
    this.unconfirmed.delete(pending.number);
    this.open--;
    this.openBytes -= pending.outgoing.content.length;
  };

  private allUnconfirmed(): PendingPublish[] {
    return this.unconfirmed.entries().map(([, pending]) => pending);
  }

  private backlog(): VastifyError {
    const many = `${this.open} messages (${this.openBytes} bytes)`;
    const why = this.link.blocked === undefined ? "" : `; the broker takes none: ${this.link.blocked}`;
    return new VastifyError("resource_exhausted", `${many} wait for RabbitMQ already${why}`, {
      reason: "publish_backlog",
    });
  }
}

function unwritable({ title }: PendingPublish, cause: unknown): VastifyError {
  const said = VastifyError.from(cause).message;
  return new VastifyError("invalid_argument", `${title} can't be written: ${said}`, { reason: "bad_payload", cause });
}

function stopped(): VastifyError {
  return new VastifyError("unavailable", "this end of RabbitMQ has been stopped", { reason: "draining" });
}
