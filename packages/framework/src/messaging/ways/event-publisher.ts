import { VastifyError } from "../../core/index.js";
import type { EventDefinition, Events } from "./events.js";

/** An event as an outbox keeps it. */
export interface KeptEvent {
  /** The same however often it is published. */
  readonly id: string;
  /** The name of its definition. */
  readonly type: string;
  readonly payload: unknown;
}

/** Where an outbox's events go, as `outboxRelay` takes it. */
export interface EventPublisher {
  /**
   * Resolves once the broker has the event.
   * @throws VastifyError as `publishEvent`; `failed_precondition`, reason `unknown_event`
   */
  publish(event: KeptEvent): Promise<void>;
}

/**
 * Publishes what an outbox kept, under the ids that it has there.
 * @param broker a `rabbit` part that stands before the relay
 * @param events what documents announce, such as `Object.values(account.events)`
 */
export function eventPublisher(
  broker: Pick<Events, "publishEvent">,
  events: readonly EventDefinition[],
): EventPublisher {
  const definitions = new Map(events.map((event) => [event.name, event]));
  const underWay = new Map<string, Promise<void>>();

  async function publish({ id, type, payload }: KeptEvent): Promise<void> {
    const definition = definitions.get(type);
    if (!definition) {
      const known = [...definitions.keys()].join(", ");
      throw new VastifyError("failed_precondition", `no event is named ${type}; there are: ${known}`, {
        reason: "unknown_event",
      });
    }
    await broker.publishEvent(definition, payload, { id });
  }

  return {
    publish(event) {
      // While the broker is away the relay asks again for what still waits here: once more would be a duplicate.
      const before = underWay.get(event.id);
      if (before) return before;
      const publishing = publish(event).finally(() => underWay.delete(event.id));
      underWay.set(event.id, publishing);
      return publishing;
    },
  };
}
