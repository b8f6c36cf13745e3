import { type Logger, VastifyError } from "../../core/index.js";
import { expectConsumerName } from "./api-key.js";
import { type Consumer, type ConsumerDocument, readConsumer } from "./consumer.js";

/** Where the gateway's consumers are kept. */
export interface ConsumerStore {
  find(name: string): Consumer | undefined;
}

export interface ConsumerStoreOptions {
  /** Those that the process was started with, by name. */
  consumers: Readonly<Record<string, ConsumerDocument>>;
  /** What operators wrote of a consumer while it runs: the same object for as long as it says the same. */
  document(name: string): unknown;
  log: Logger;
}

/**
 * Consumers of options and of Consul's KV. A document stands for the whole consumer, so that a key which a process was
 * started with can be taken back as well; one that can't be read is warned of, and what stood before stays.
 * @throws VastifyError `invalid_argument`, reason `bad_option`, naming what is wrong in `consumers`
 */
export function createConsumerStore({ consumers, document, log }: ConsumerStoreOptions): ConsumerStore {
  const started = new Map(Object.entries(consumers).map(([name, given]) => [name, startedWith(name, given)]));
  /** Only names that somebody wrote a document for: a request's names must not fill the memory. */
  const read = new Map<string, { readonly document: unknown; readonly consumer: Consumer | undefined }>();

  return {
    find(name) {
      const written = document(name);
      const known = read.get(name);
      if (written === undefined) {
        if (known) read.delete(name);
        return started.get(name);
      }
      if (known && known.document === written) return known.consumer;
      let consumer = known ? known.consumer : started.get(name);
      try {
        consumer = readConsumer(name, written, `vastify/consumers/${name}`);
      } catch (error) {
        log.warn(`a consumer in Consul's KV is not used: ${VastifyError.from(error).message}`);
      }
      read.set(name, { document: written, consumer });
      return consumer;
    },
  };
}

function startedWith(name: string, given: ConsumerDocument): Consumer {
  expectConsumerName("a name in auth.keys.consumers", name);
  return readConsumer(name, given, `auth.keys.consumers.${name}`);
}
