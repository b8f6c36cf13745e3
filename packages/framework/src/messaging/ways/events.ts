import { badOption, expectTargetName } from "../../core/index.js";
import type { Broker } from "../broker.js";
import type { Parking } from "../failures/parking.js";
import type { Handler } from "../message/delivery.js";
import { headerNames } from "../message/headers.js";
import type { StandardSchema } from "../message/standard-schema.js";
import type { Subscription } from "./consume.js";
import { createExchange, type ExchangePublishOptions, type SubscribeOptions } from "./exchange.js";

/** What a service tells others has happened; contracts make such objects. */
export interface EventDefinition<T = unknown> {
  /** The service that tells it. */
  readonly target: string;
  readonly name: string;
  /** Its first number goes into the routing key: subscribers of another one don't get it. @default "1.0.0" */
  readonly version?: string | undefined;
  /** Checks payloads when they are published and before they are handled. @default anything goes */
  readonly payload?: StandardSchema<T> | undefined;
}

export interface OnEventOptions extends Omit<SubscribeOptions, "group"> {
  /** Those of one group get each event once among them. @default the broker's `group` */
  group?: string;
  /** Every process gets each event. @default false */
  broadcast?: boolean;
}

/** Events of all services, by their definitions. */
export interface Events {
  /** Resolves with the message's id once the broker has it. @throws VastifyError as `WorkQueue.send` */
  publishEvent<T>(event: EventDefinition<T>, payload: T, options?: ExchangePublishOptions): Promise<string>;
  /** @throws VastifyError `invalid_argument`, reason `bad_option`, without a group */
  onEvent<T>(event: EventDefinition<T>, handler: Handler<T>, options?: OnEventOptions): Subscription;
  /** The events that failed for good in a group. */
  parkedEvents(event: EventDefinition, group?: string): Parking;
}

export function createEvents(broker: Broker): Events {
  const exchange = createExchange(broker, "topic", "vastify.events");

  function queueOf(event: EventDefinition, group: string | undefined): string {
    const named = group ?? broker.options.group;
    if (named === undefined)
      throw badOption("group", named, "named in `rabbit({ group })` or here, or left out for `broadcast: true`");
    return `${expectTargetName("group", named)}.on.${routingKeyOf(event)}`;
  }

  return {
    publishEvent: (event, payload, options = {}) => {
      const headers = event.version === undefined ? undefined : { [headerNames.version]: event.version };
      return exchange.publish(routingKeyOf(event), payload, options, event.payload, headers);
    },
    onEvent: (event, handler, { broadcast = false, group, ...options } = {}) => {
      const queue = broadcast ? {} : { queue: queueOf(event, group) };
      return exchange.subscribe([routingKeyOf(event)], handler, { ...options, ...queue }, event.payload);
    },
    parkedEvents: (event, group) => exchange.parked(queueOf(event, group)),
  };
}

const eventName = /^[\w.-]{1,64}$/;

function routingKeyOf({ target, name, version = "1.0.0" }: EventDefinition): string {
  if (!eventName.test(name)) throw badOption("event.name", name, "letters, digits, dots, dashes (at most 64)");
  const [major] = version.split(".");
  if (!/^\d+$/.test(major ?? "")) throw badOption("event.version", version, 'a version such as "1.0.0"');
  return `${expectTargetName("event.target", target)}.${name}.v${major}`;
}
