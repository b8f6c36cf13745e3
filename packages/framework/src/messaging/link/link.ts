import { type Channel, type ChannelModel, IllegalOperationError } from "amqplib";
import { backoffMs, delay, type Logger, silentLogger, VastifyError } from "../../core/index.js";
import { closeChannel } from "./close-channel.js";
import { connectOnce, withoutPassword } from "./connect-once.js";

export interface LinkOptions {
  readonly url: string;
  /** How long one try to connect may take. */
  readonly connectTimeoutMs: number;
}

/** What a link does now; `open` ends with the connection, everything else with `stop`. */
type LinkState =
  | { readonly kind: "idle" | "connecting" | "stopped" }
  | { readonly kind: "open"; readonly model: ChannelModel; readonly lost: () => void };

const reconnect = { baseMs: 100, maxMs: 5_000 };

/**
 * One connection to the broker that comes back by itself, for as long as the link is not stopped. Whoever works over
 * it waits for the connection of the moment and looks after its own channels.
 */
export class Link {
  private readonly name: string;
  private readonly options: LinkOptions;
  private state: LinkState = { kind: "idle" };
  private log: Logger = silentLogger;
  private readonly stopping = new AbortController();
  private waiting: (() => void)[] = [];
  private blockedBecause: string | undefined;
  private holding: NodeJS.Timeout | undefined;
  private readonly onBlocked: (() => void)[] = [];

  /** @param name of its connection, which the broker's own tools show */
  constructor(name: string, options: LinkOptions) {
    this.name = name;
    this.options = options;
  }

  get isOpen(): boolean {
    return this.state.kind === "open";
  }

  /** Why the broker takes nothing from us now, such as "low on disk". */
  get blocked(): string | undefined {
    return this.blockedBecause;
  }

  /** Aborts when the link is stopped for good. */
  get signal(): AbortSignal {
    return this.stopping.signal;
  }

  /** Calls back whenever the broker blocks the connection or lets it go on. */
  whenBlockingChanges(listener: () => void): void {
    this.onBlocked.push(listener);
  }

  /**
   * Connects, and keeps connected from then on.
   * @param signal gives up the first connection
   * @param isPatient tries again also when the broker refuses the user
   * @throws VastifyError `unavailable`, reason `broker_unreachable`; `permission_denied`, reason `broker_denied`
   */
  async start(log: Logger, signal: AbortSignal, isPatient = false): Promise<void> {
    this.log = log;
    this.state = { kind: "connecting" };
    const model = await this.connectAgainAndAgain(AbortSignal.any([signal, this.signal]), isPatient);
    // Between two connections nothing else may hold a process open that only consumes.
    this.holding = setInterval(() => {}, 60_000);
    void this.keepOpen(model);
  }

  /**
   * Opens a channel as soon as there is a connection.
   * @param open what is called on the connection
   * @throws VastifyError `unavailable` when the signal aborts before there is one; what amqplib throws
   */
  async openChannel<C extends Channel>(open: (model: ChannelModel) => Promise<C>, signal: AbortSignal): Promise<C> {
    const model = await this.whenOpen(signal);
    try {
      return await open(model);
    } catch (thrown) {
      // It was closed before anybody could listen for its end.
      if (thrown instanceof IllegalOperationError && this.state.kind === "open" && this.state.model === model)
        this.state.lost();
      throw thrown;
    }
  }

  /** Does something over a channel of its own, which a refusal closes, as soon as there is a connection. */
  async withChannel<R>(action: (channel: Channel) => Promise<R>, signal: AbortSignal): Promise<R> {
    const channel = await this.openChannel((model) => model.createChannel(), signal);
    channel.on("error", () => {});
    try {
      return await action(channel);
    } finally {
      await closeChannel(channel);
    }
  }

  private async whenOpen(signal: AbortSignal): Promise<ChannelModel> {
    const given = AbortSignal.any([signal, this.signal]);
    while (!given.aborted) {
      if (this.state.kind === "open") return this.state.model;
      await new Promise<void>((resolve) => {
        this.waiting.push(resolve);
        given.addEventListener("abort", () => resolve(), { once: true });
      });
    }
    throw this.unreachable();
  }

  /** Closes the connection, whatever still goes on over it. */
  async stop(): Promise<void> {
    const { state } = this;
    this.state = { kind: "stopped" };
    this.stopping.abort();
    clearInterval(this.holding);
    if (state.kind !== "open") return;
    // A broker that hangs must not hold up our end.
    await Promise.race([state.model.close().catch(() => {}), delay(2_000)]);
  }

  private async keepOpen(first: ChannelModel): Promise<void> {
    for (let model = first; ; ) {
      await new Promise<void>((resolve) => {
        model.once("close", () => resolve());
        this.opened(model, resolve);
      });
      this.blockedBecause = undefined;
      if (this.signal.aborted) return;
      this.state = { kind: "connecting" };
      this.log.warn(`the connection to RabbitMQ (${this.name}) is lost; connecting again`);
      try {
        // One that took us before may refuse us while it comes up.
        model = await this.connectAgainAndAgain(this.signal, true);
        this.log.info(`the connection to RabbitMQ (${this.name}) is back`);
      } catch {
        return; // stopped
      }
    }
  }

  private opened(model: ChannelModel, lost: () => void): void {
    this.state = { kind: "open", model, lost };
    const tell = (why: string | undefined) => {
      this.blockedBecause = why;
      for (const listener of this.onBlocked) listener();
    };
    model.on("blocked", (why: string) => {
      this.log.warn(`RabbitMQ takes no messages for now: ${why}`);
      tell(why);
    });
    model.on("unblocked", () => {
      this.log.info("RabbitMQ takes messages again");
      tell(undefined);
    });
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  private async connectAgainAndAgain(signal: AbortSignal, isPatient: boolean): Promise<ChannelModel> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await connectOnce({ ...this.options, name: this.name, signal });
      } catch (cause) {
        const denial = VastifyError.is(cause) && cause.reason === "broker_denied" ? cause : undefined;
        if (denial && !isPatient) throw denial;
        if (attempt === 0) this.log.warn(`${(denial ?? this.unreachable()).message}; trying again`);
        await delay(backoffMs(attempt, reconnect), signal);
        if (signal.aborted) throw this.unreachable(cause);
      }
    }
  }

  private unreachable(cause?: unknown): VastifyError {
    const where = withoutPassword(this.options.url);
    const message = `RabbitMQ at ${where} does not answer: start it, or set the right URL (AMQP_URL)`;
    return new VastifyError("unavailable", message, { reason: "broker_unreachable", cause });
  }
}
