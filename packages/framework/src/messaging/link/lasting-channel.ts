import type { Channel, ChannelModel } from "amqplib";
import { backoffMs, delay, type Logger, orAborted, silentLogger, VastifyError } from "../../core/index.js";
import { closeChannel } from "./close-channel.js";
import type { Link } from "./link.js";

export interface ChannelWork<C extends Channel> {
  /** For logs: what the channel is for. */
  readonly name: string;
  open(model: ChannelModel): Promise<C>;
  /** Makes the channel ready for work: declares, consumes. Called anew for every channel. */
  setUp(channel: C): Promise<void>;
  /** The channel is gone; another one comes. */
  lost?(): void;
}

/**
 * A channel that is opened anew whenever it or its connection is lost. (amqplib leaves a channel dead that an error
 * closed, and with it its consumers.)
 */
export class LastingChannel<C extends Channel> {
  private readonly link: Link;
  private readonly work: ChannelWork<C>;
  private readonly ending = new AbortController();
  /** Leaves the channel of the moment. */
  private leave = () => {};
  private running: Promise<void> | undefined;

  constructor(link: Link, work: ChannelWork<C>) {
    this.link = link;
    this.work = work;
  }

  /**
   * Resolves once the first channel is ready for work.
   * @throws VastifyError what kept the first channel from getting ready, if waiting would not help
   */
  open(log: Logger = silentLogger): Promise<void> {
    return new Promise((resolve, reject) => {
      this.running ??= this.keepOpen(log, resolve, reject);
    });
  }

  /** Closes the channel, so that another one is opened. */
  renew(): void {
    this.leave();
  }

  async close(): Promise<void> {
    this.ending.abort();
    this.renew();
    await this.running;
  }

  private async keepOpen(log: Logger, ready: () => void, failed: (error: VastifyError) => void): Promise<void> {
    const signal = AbortSignal.any([this.ending.signal, this.link.signal]);
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        const channel = await orAborted(this.link.openChannel(this.work.open, signal), signal);
        const over = new Promise<void>((resolve) => {
          channel.once("close", () => resolve());
          this.leave = resolve;
        });
        channel.on("error", (err: Error) => log.warn(`the channel of ${this.work.name} failed`, { err }));
        try {
          await orAborted(this.work.setUp(channel), signal);
          attempt = 0;
          ready();
          await orAborted(over, signal);
        } finally {
          await closeChannel(channel);
          this.work.lost?.();
        }
      } catch (thrown) {
        if (signal.aborted) break;
        const err = VastifyError.from(thrown);
        if (err.reason === "topology_refused") failed(err);
        log.warn(`${this.work.name} is not ready: ${err.message}`, { err });
      }
      await delay(backoffMs(attempt, { baseMs: 50, maxMs: 5_000 }), signal);
    }
    failed(new VastifyError("unavailable", `${this.work.name} has been stopped`, { reason: "draining" }));
  }
}
