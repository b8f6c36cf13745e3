import { badOption, expectTargetName } from "../core/index.js";
import { withoutPassword } from "./link/connect-once.js";

export interface RabbitOptions {
  /** Where RabbitMQ is, such as `amqp://user:password@127.0.0.1:5672/vhost`; `amqps` for TLS. */
  url: string;
  /** The queue group of `onEvent`: usually the service's name. @default none */
  group?: string;
  /** Wait for a broker that is not there, as long as the service's start may take, instead of failing. @default false */
  waitForBroker?: boolean;
  /**
   * Start without the broker, and count as healthy while it is away: for a service that can do its work without it.
   * @default false
   */
  optional?: boolean;
  /** How long to try to reach the broker, in milliseconds. @default 5_000 */
  connectTimeoutMs?: number;
  /** How long a message may wait for its confirmation, in milliseconds. @default 30_000 */
  publishTimeoutMs?: number;
  /** How many messages may wait for that at once. @default 10_000 */
  maxWaiting?: number;
  /** How many bytes they may have together. @default 67_108_864 */
  maxWaitingBytes?: number;
  /** The largest payload, in bytes. @default 1_048_576 */
  maxPayloadBytes?: number;
  /** How long the stop waits for handlers and confirmations, in milliseconds. @default 10_000 */
  graceMs?: number;
  /** Keep queues on several nodes (quorum queues), unless a queue says otherwise. @default false */
  quorum?: boolean;
}

export type ResolvedRabbitOptions = Readonly<Required<Omit<RabbitOptions, "group">>> & {
  readonly group: string | undefined;
};

/** @throws VastifyError `invalid_argument`, reason `bad_option` */
export function resolveRabbitOptions(options: RabbitOptions): ResolvedRabbitOptions {
  const { url, group, waitForBroker = false, optional = false, quorum = false } = options;
  if (typeof url !== "string" || !URL.canParse(url) || !/^amqps?:\/\//.test(url))
    throw badOption("rabbit.url", withoutPassword(String(url)), 'a URL such as "amqp://127.0.0.1:5672"');
  return {
    url,
    group: group === undefined ? undefined : expectTargetName("rabbit.group", group),
    waitForBroker,
    optional,
    quorum,
    connectTimeoutMs: expectAbove0("rabbit.connectTimeoutMs", options.connectTimeoutMs ?? 5_000),
    publishTimeoutMs: expectAbove0("rabbit.publishTimeoutMs", options.publishTimeoutMs ?? 30_000),
    maxWaiting: expectAbove0("rabbit.maxWaiting", options.maxWaiting ?? 10_000),
    maxWaitingBytes: expectAbove0("rabbit.maxWaitingBytes", options.maxWaitingBytes ?? 64 * 1024 * 1024),
    maxPayloadBytes: expectAbove0("rabbit.maxPayloadBytes", options.maxPayloadBytes ?? 1024 * 1024),
    graceMs: expectAbove0("rabbit.graceMs", options.graceMs ?? 10_000),
  };
}

/** @throws VastifyError `invalid_argument`, reason `bad_option` */
export function expectAbove0(name: string, value: unknown): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value > 0) return value;
  throw badOption(name, value, "a whole number above 0");
}

// RabbitMQ allows 255 bytes; what we add to names (".parked", a group, an instance) needs some of them.
const nameShape = /^[\w.:-]{1,150}$/;

/** The name of a queue or exchange. @throws VastifyError `invalid_argument`, reason `bad_option` */
export function expectBrokerName(name: string, value: unknown): string {
  if (typeof value === "string" && nameShape.test(value) && !value.startsWith("amq.")) return value;
  throw badOption(name, value, 'letters, digits, ".", ":", "_" and "-" (at most 150, not beginning with "amq.")');
}
