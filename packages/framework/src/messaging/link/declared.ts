import { type Logger, VastifyError } from "../../core/index.js";
import { type Declare, declareOrExplain } from "./declare.js";
import type { Link } from "./link.js";

/** Something that must be there before anything is published to it. */
export interface Declared {
  readonly isReady: boolean;
  /** @throws VastifyError reason `topology_refused`, or `broker_unreachable` when it takes longer than that */
  whenReady(timeoutMs: number): Promise<void>;
}

/** Everything that one connection publishes to, declared anew with every connection. */
export class DeclaredSet {
  private readonly entries = new Map<string, Entry>();
  private ended: VastifyError | undefined;

  /** The same name gives the same thing. */
  get(name: string, declare: Declare): { declared: Declared; isNew: boolean } {
    const known = this.entries.get(name);
    if (known) return { declared: known, isNew: false };
    const entry = new Entry(name, declare);
    if (this.ended) entry.end(this.ended);
    this.entries.set(name, entry);
    return { declared: entry, isNew: true };
  }

  /** Nothing is declared any more: whoever waits is told why. */
  end(why: VastifyError): void {
    this.ended = why;
    for (const entry of this.entries.values()) entry.end(why);
  }

  /** Declares what this connection has not seen yet, or everything anew. What is refused is told of and left out. */
  async declare(link: Link, log: Logger, which: "all" | "new" = "all"): Promise<void> {
    for (const entry of this.entries.values()) {
      if (which === "all" || !entry.isReady) await entry.run(link, log);
    }
  }
}

class Entry implements Declared {
  isReady = false;
  private readonly name: string;
  private readonly declare: Declare;
  private refusal: VastifyError | undefined;
  private waiting: (() => void)[] = [];

  constructor(name: string, declare: Declare) {
    this.name = name;
    this.declare = declare;
  }

  async whenReady(timeoutMs: number): Promise<void> {
    const signal = AbortSignal.timeout(timeoutMs);
    while (!this.isReady && !signal.aborted) {
      if (this.refusal) throw this.refusal;
      await new Promise<void>((resolve) => {
        this.waiting.push(resolve);
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
    }
    if (this.isReady) return;
    const message = `RabbitMQ did not answer within ${timeoutMs} ms, so ${this.name} could not be declared`;
    throw new VastifyError("unavailable", message, { reason: "broker_unreachable" });
  }

  end(why: VastifyError): void {
    this.refusal = why;
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  async run(link: Link, log: Logger): Promise<void> {
    try {
      await link.withChannel((channel) => declareOrExplain(channel, this.declare), link.signal);
      this.isReady = true;
      this.refusal = undefined;
    } catch (thrown) {
      if (!VastifyError.is(thrown)) throw thrown;
      this.isReady = false;
      this.refusal = thrown;
      log.error(`${this.name} can't be used: ${thrown.message}`);
    } finally {
      for (const resolve of this.waiting.splice(0)) resolve();
    }
  }
}
