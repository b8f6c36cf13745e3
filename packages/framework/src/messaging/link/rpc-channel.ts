import type { Channel, ConsumeMessage, Message } from "amqplib";
import { Deadlines, type Logger, NumberTable, VastifyError } from "../../core/index.js";
import type { Body, Composed } from "../message/compose.js";
import { LastingChannel } from "./lasting-channel.js";
import type { Link } from "./link.js";
import { Timed } from "./timed.js";

/** RabbitMQ's own address for replies: no queue is made, and the replies come on the channel that asked. */
const replyTo = "amq.rabbitmq.reply-to";

/** Requests and replies, without confirms: a reply is the confirmation of its request. */
export class RpcChannel {
  private readonly lasting: LastingChannel<Channel>;
  private readonly deadlines = new Deadlines();
  private readonly pending = new NumberTable<PendingRequest>();
  private channel: Channel | undefined;
  private lastNumber = 0;
  private isStopped = false;

  constructor(link: Link) {
    this.lasting = new LastingChannel<Channel>(link, {
      name: "requests and replies",
      open: (model) => model.createChannel(),
      setUp: (channel) => this.setUp(channel),
      lost: () => this.lose(),
    });
  }

  start(log: Logger): Promise<void> {
    return this.lasting.open(log);
  }

  /**
   * Resolves with the reply.
   * @throws VastifyError `unavailable` (`unroutable` at once when nobody serves the queue, `peer_lost`,
   *   `broker_unreachable`) or `deadline_exceeded`
   */
  request(queue: string, { content, properties }: Composed, timeoutMs: number): Promise<ConsumeMessage> {
    if (this.isStopped) return Promise.reject(stopped());
    return new Promise((resolve, reject) => {
      const number = ++this.lastNumber;
      const correlationId = String(number);
      const over = () => {
        this.pending.delete(number);
        this.deadlines.remove(request);
      };
      const send = (channel: Channel) => {
        channel.publish("", queue, content, { ...properties, mandatory: true, replyTo, correlationId });
      };
      const request = new PendingRequest(queue, timeoutMs, send, { resolve, reject, over });
      this.pending.set(number, request);
      this.deadlines.add(request);
      // Otherwise it is sent as soon as there is a channel.
      if (this.channel) request.send(this.channel);
    });
  }

  /** One that can't be sent now is not sent: its caller has lost the connection that it would come by, or gives up. */
  reply(to: string, correlationId: string, { content, contentType }: Body, isError: boolean): void {
    try {
      this.channel?.publish("", to, content, { correlationId, contentType, ...(isError && { type: "error" }) });
    } catch {
      // The channel is closed.
    }
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    for (const [, request] of this.pending.entries()) request.fail(stopped());
    await this.lasting.close();
  }

  private async setUp(channel: Channel): Promise<void> {
    const requestOf = ({ properties }: Message) => this.pending.get(Number(properties.correlationId));
    channel.on("return", (message: Message) => requestOf(message)?.unroutable());
    const take = (message: ConsumeMessage | null) => {
      if (message) requestOf(message)?.succeed(message);
    };
    await channel.consume(replyTo, take, { noAck: true });
    this.channel = channel;
    for (const [, request] of this.pending.entries()) request.send(channel);
  }

  private lose(): void {
    this.channel = undefined;
    for (const [, request] of this.pending.entries()) request.lose();
  }
}

function stopped(): VastifyError {
  return new VastifyError("unavailable", "this end of RabbitMQ has been stopped", { reason: "draining" });
}

class PendingRequest extends Timed {
  private readonly queue: string;
  private readonly write: (channel: Channel) => void;
  private readonly settle: {
    resolve: (reply: ConsumeMessage) => void;
    reject: (error: VastifyError) => void;
    over: () => void;
  };
  private isSent = false;

  constructor(queue: string, timeoutMs: number, write: (channel: Channel) => void, settle: PendingRequest["settle"]) {
    super(timeoutMs);
    this.queue = queue;
    this.write = write;
    this.settle = settle;
  }

  send(channel: Channel): void {
    try {
      this.write(channel);
      this.isSent = true;
    } catch {
      // The channel is closed; the next one comes.
    }
  }

  succeed(reply: ConsumeMessage): void {
    this.settle.over();
    this.settle.resolve(reply);
  }

  fail(error: VastifyError): void {
    this.settle.over();
    this.settle.reject(error);
  }

  unroutable(): void {
    this.fail(new VastifyError("unavailable", `nobody serves ${this.queue}`, { reason: "unroutable" }));
  }

  lose(): void {
    if (!this.isSent) return;
    const message = `the connection to RabbitMQ broke before ${this.queue} replied; it may have run`;
    this.fail(new VastifyError("unavailable", message, { reason: "peer_lost" }));
  }

  expire(): void {
    this.fail(
      this.isSent
        ? new VastifyError("deadline_exceeded", `${this.queue} did not reply within ${Math.round(this.timeoutMs)} ms`, {
            reason: "deadline_exceeded",
          })
        : new VastifyError("unavailable", `no connection to RabbitMQ for a request to ${this.queue}`, {
            reason: "broker_unreachable",
          }),
    );
  }
}
