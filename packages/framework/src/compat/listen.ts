import { badOption, expectPort, type Logger, type Message, VastifyError } from "../core/index.js";
import type { Dispatcher, Seneca } from "../dispatch/index.js";
import { createTransportServer, type TransportServer } from "../transport/index.js";

export interface ListenOptions {
  dispatcher: Dispatcher;
  /** Bound when `listen` isn't told another. */
  host: string;
  log: Logger;
}

/** What `seneca.listen` may be told; Seneca's own defaults stand for the rest. */
interface ListenConfig {
  readonly type?: unknown;
  readonly host?: unknown;
  readonly port?: unknown;
  readonly path?: unknown;
  readonly pin?: unknown;
  readonly pins?: unknown;
}

const graceMs = 10_000;
const httpTypes: ReadonlySet<unknown> = new Set([undefined, "web", "http"]);

/**
 * Makes `seneca.listen` serve by our transport server: Seneca's own ends the process on a GET and tells its options
 * to whoever asks. Returns how to stop all that listen.
 */
export function serveListen(options: ListenOptions): () => Promise<void> {
  const { dispatcher, host: defaultHost, log } = options;
  const { seneca } = dispatcher;
  const servers = new Set<TransportServer>();

  async function open(config: ListenConfig): Promise<{ host: string; port: number }> {
    const { host = defaultHost } = config;
    if (typeof host !== "string") throw badOption("listen.host", host, "an address");
    const isPinned = pinFilter(seneca, config);
    const server = createTransportServer({
      host,
      port: expectPort("listen.port", Number(config.port), 0),
      log,
      handle: (received) => {
        if (!isPinned(received.message)) throw unpinned();
        return dispatcher.receive(received);
      },
    });
    const port = await server.listen();
    servers.add(server);
    log.info(`listening for calls on ${host}:${port}`);
    return { host, port };
  }

  // The newer of two actions with one pattern answers, so this one takes the place of Seneca's.
  seneca.add("role:transport,hook:listen,type:web", (config, reply) => {
    open(config).then(
      (address) => reply(null, { ...config, ...address }),
      (error) => {
        reply(error);
        // A service that nobody can call must not look alive.
        setImmediate(() => {
          throw error;
        });
      },
    );
  });

  const listen = seneca.listen as (this: Seneca, ...args: unknown[]) => Seneca;
  seneca.listen = function (this: Seneca, ...args: unknown[]): Seneca {
    const done = args.filter((arg) => typeof arg === "function");
    const config = listenConfig(args.filter((arg) => typeof arg !== "function" && arg !== undefined && arg !== null));
    if (!httpTypes.has(config.type)) throw badOption("listen.type", config.type, '"web" (HTTP)');
    if ((config.path ?? "/act") !== "/act") throw badOption("listen.path", config.path, '"/act"');
    return listen.call(this, { host: defaultHost, ...config }, ...done);
  };

  return async () => {
    await Promise.all([...servers].map((server) => server.close(graceMs)));
  };
}

/** `listen()`, `listen(port, host, path)` or `listen({ … })`. */
function listenConfig([first, host, path]: readonly unknown[]): ListenConfig {
  if (typeof first === "object" && first !== null) return first;
  return {
    ...(first !== undefined && { port: first }),
    ...(host !== undefined && { host }),
    ...(path !== undefined && { path }),
  };
}

/** Only messages that match a pin are answered; without pins, all are. */
function pinFilter(seneca: Seneca, { pin, pins = pin }: ListenConfig): (message: Message) => boolean {
  if (pins === undefined || pins === null || pins === "") return () => true;
  const wanted = [pins]
    .flat()
    .map((one) => Object.entries(typeof one === "string" ? seneca.util.Jsonic(one) : { ...one }));
  return (message) => wanted.some((entries) => entries.every(([key, glob]) => matches(String(glob), message[key])));
}

function matches(glob: string, value: unknown): boolean {
  if (value === undefined || value === null) return false;
  const parts = glob.split("*").map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "s").test(String(value));
}

function unpinned(): VastifyError {
  return new VastifyError("not_found", "no pin of this listener matches the message", { reason: "no_pattern" });
}
