import type { Part } from "vastify";
import { eventPublisher, rabbit } from "vastify/messaging";
import { type OutboxPublisher, outboxRelay } from "vastify/storage";
import { account } from "../contract.js";
import type { UserModel } from "./user.js";

/** Takes the events of users to RabbitMQ; without one, into the log. */
export function publishUserEvents(users: UserModel, amqpUrl: string | undefined): Part[] {
  const { part, publisher } = amqpUrl === undefined ? eventLog() : eventBroker(amqpUrl);
  return [part, outboxRelay(users.db, { models: [users], publisher, name: "account_outbox" })];
}

interface Destination {
  readonly part: Part;
  readonly publisher: OutboxPublisher;
}

/** Users are served without the broker too: their events wait in the database. */
function eventBroker(url: string): Destination {
  const broker = rabbit({ url, optional: true });
  return { part: broker, publisher: eventPublisher(broker, Object.values(account.events)) };
}

/** At level `debug`, without what they say of people. */
function eventLog(): Destination {
  let debug: (message: string, fields: Readonly<Record<string, unknown>>) => void = () => {};
  return {
    part: {
      name: "event log",
      async start({ log }) {
        debug = (message, fields) => log.debug(message, fields);
      },
      async stop() {},
    },
    publisher: {
      async publish({ id, type, subject }) {
        debug(`event ${type}`, { id, subject });
      },
    },
  };
}
