import type { Logger } from "../core/index.js";
import type { Delays } from "./failures/delays.js";
import type { Link } from "./link/link.js";
import type { Publisher } from "./link/publisher.js";
import type { RpcChannel } from "./link/rpc-channel.js";
import type { ResolvedRabbitOptions } from "./rabbit-options.js";

/** What the ways of working work with. */
export interface Broker {
  readonly options: ResolvedRabbitOptions;
  readonly publisher: Publisher;
  readonly rpc: RpcChannel;
  readonly delays: Delays;
  /** The connection that consumes. */
  readonly incoming: Link;
  /** The connection that publishes: a broker short of memory or disk blocks only such. */
  readonly outgoing: Link;
  readonly counts: Counts;
  /** Aborts when the stop begins. */
  readonly stopping: AbortSignal;
  /** Of this process, so that queues of its own have a name of their own. */
  readonly instanceId: string;
  /** The log of the service, once it has started. */
  readonly log: Logger;
  /** Starts and ends with the broker; resolves once it has started, which for what comes later is at once. */
  run(work: Startable): Promise<void>;
}

export interface Startable {
  start(log: Logger): Promise<void>;
  stop(graceMs: number): Promise<void>;
}

/** What has happened since the start, as `/health` tells it. */
export interface Counts {
  handled: number;
  failed: number;
  parked: number;
  duplicates: number;
  expired: number;
}
