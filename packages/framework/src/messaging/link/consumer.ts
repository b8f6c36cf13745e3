import type { Channel, ConsumeMessage } from "amqplib";
import { delay, type Logger, silentLogger } from "../../core/index.js";
import { Acknowledgements } from "./acknowledgements.js";
import { type Declare, declareOrExplain } from "./declare.js";
import { LastingChannel } from "./lasting-channel.js";
import type { Link } from "./link.js";

export interface ConsumerOptions {
  readonly queue: string;
  /** The queue and what belongs to it. */
  readonly declare: Declare;
  /** How many messages may be handled at once. */
  readonly prefetch: number;
  /** One after the other, in the queue's order. */
  readonly isSerial: boolean;
  /** Resolves when the message may be acknowledged; rejects when it must go back to the queue. */
  readonly handle: (message: ConsumeMessage) => Promise<void>;
}

/** Consumes one queue for as long as it is not stopped, whatever happens to channel, connection, broker or queue. */
export class Consumer {
  private readonly options: ConsumerOptions;
  private readonly lasting: LastingChannel<Channel>;
  private log: Logger = silentLogger;
  private current: { readonly channel: Channel; readonly tag: string; readonly acks: Acknowledgements } | undefined;
  private last: Promise<void> = Promise.resolve();
  private handling = 0;
  private isStopping = false;

  constructor(link: Link, options: ConsumerOptions) {
    this.options = options;
    this.lasting = new LastingChannel<Channel>(link, {
      name: `the consumer of ${options.queue}`,
      open: (model) => model.createChannel(),
      setUp: (channel) => this.setUp(channel),
      lost: () => {
        this.current = undefined;
      },
    });
  }

  /** Resolves once it consumes. @throws VastifyError `failed_precondition`, reason `topology_refused` */
  async start(log: Logger): Promise<void> {
    this.log = log;
    // Stopped before it began.
    if (!this.isStopping) await this.lasting.open(log);
  }

  get isConsuming(): boolean {
    return this.current !== undefined;
  }

  /** Takes no more, waits for the handlers at work, acknowledges what they did, and closes. */
  async stop(graceMs: number): Promise<void> {
    this.isStopping = true;
    const end = performance.now() + graceMs;
    const { current } = this;
    await Promise.race([current?.channel.cancel(current.tag).catch(() => {}), delay(graceMs)]);
    while (this.handling > 0 && performance.now() < end) await delay(10);
    if (this.handling > 0)
      this.log.warn(`${this.handling} handlers of ${this.options.queue} did not finish; others get their messages`);
    current?.acks.flush();
    await this.lasting.close();
  }

  private async setUp(channel: Channel): Promise<void> {
    const { queue, declare, prefetch, isSerial } = this.options;
    await declareOrExplain(channel, declare);
    await channel.prefetch(prefetch);
    const acks = new Acknowledgements(channel, isSerial ? 1 : prefetch);
    const take = (message: ConsumeMessage | null) => {
      // The queue was deleted, or its node left: the next channel declares it anew.
      if (message === null) return this.lasting.renew();
      if (this.isStopping) return;
      if (isSerial) this.last = this.last.then(() => this.handle(message, acks));
      else void this.handle(message, acks);
    };
    const { consumerTag } = await channel.consume(queue, take);
    this.current = { channel, tag: consumerTag, acks };
  }

  private async handle(message: ConsumeMessage, acks: Acknowledgements): Promise<void> {
    if (acks.isClosed) return;
    this.handling++;
    try {
      await this.options.handle(message);
      acks.add(message);
    } catch (err) {
      this.log.warn(`a message of ${this.options.queue} goes back to its queue`, { err });
      // Otherwise it would come back at once, again and again.
      await delay(1_000);
      // With its channel all that follow it go back too, in their order.
      if (this.options.isSerial) this.lasting.renew();
      else acks.giveBack(message);
    } finally {
      this.handling--;
    }
  }
}
