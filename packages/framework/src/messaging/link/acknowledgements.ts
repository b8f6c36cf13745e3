import type { Channel, ConsumeMessage } from "amqplib";
import { NumberTable } from "../../core/index.js";

/** How long a few wait for more, in milliseconds. */
const patienceMs = 1;

/**
 * Acknowledges deliveries of one channel, many together: a single frame covers the unbroken run from the oldest on,
 * whatever the number.
 */
export class Acknowledgements {
  private readonly channel: Channel;
  private readonly enough: number;
  /** Handled, but not yet told. */
  private readonly handled = new NumberTable<ConsumeMessage>();
  /** The oldest delivery that is not told. */
  private oldest = 1;
  /** Told out of turn, above the oldest. */
  private readonly told = new Set<number>();
  private isScheduled = false;
  private waiting: NodeJS.Timeout | undefined;
  /** Their channel is gone, and with it their tags: another consumer gets them. */
  isClosed = false;

  /** @param prefetch how many may be open: a quarter of them is told at once, so that the broker never runs dry */
  constructor(channel: Channel, prefetch: number) {
    this.channel = channel;
    this.enough = Math.ceil(prefetch / 4);
    channel.once("close", () => {
      this.isClosed = true;
    });
  }

  add(message: ConsumeMessage): void {
    this.handled.set(message.fields.deliveryTag, message);
    if (this.isScheduled) return;
    if (this.handled.size >= this.enough) {
      this.isScheduled = true;
      setImmediate(() => this.flush());
    } else this.waiting ??= setTimeout(() => this.flush(), patienceMs);
  }

  /** Gives it back to the queue, for another try of anyone. */
  giveBack(message: ConsumeMessage): void {
    const tag = message.fields.deliveryTag;
    this.tell(() => this.channel.nack(message, false, true));
    this.told.add(tag);
    this.skipTold();
  }

  flush(): void {
    this.isScheduled = false;
    clearTimeout(this.waiting);
    this.waiting = undefined;
    if (this.isClosed) return;
    let last: ConsumeMessage | undefined;
    for (let next = this.handled.get(this.oldest); next; next = this.handled.get(this.oldest)) {
      last = next;
      this.handled.delete(this.oldest++);
      this.skipTold();
    }
    const newest = last;
    if (newest) this.tell(() => this.channel.ack(newest, true));
    if (this.handled.size === 0) return;
    for (const [tag, message] of this.handled.entries()) {
      this.tell(() => this.channel.ack(message));
      this.told.add(tag);
      this.handled.delete(tag);
    }
  }

  private tell(what: () => void): void {
    if (this.isClosed) return;
    try {
      what();
    } catch {
      // The channel is closing: the broker gives the message to somebody else.
    }
  }

  private skipTold(): void {
    while (this.told.delete(this.oldest)) this.oldest++;
  }
}
