import mongoose, { type Connection, type ConnectOptions } from "mongoose";
import {
  backoffMs,
  badOption,
  delay,
  type Part,
  type PartContext,
  type PartHealth,
  VastifyError,
} from "../core/index.js";
import { type CommandWatch, watchCommands } from "./command-watch.js";

export interface MongoOptions {
  /** Where MongoDB is, such as `mongodb://127.0.0.1:27017/accounts`. */
  uri: string;
  /** How long one try to connect may take, in milliseconds. @default 5_000 */
  connectTimeoutMs?: number;
  /** Commands that take longer are logged, without their values, in milliseconds; `Infinity` for none. @default 500 */
  slowQueryMs?: number;
  /** How long commands under way may take when the service stops, in milliseconds. @default 5_000 */
  drainTimeoutMs?: number;
  /** Options for mongoose's connection, laid over ours. @default {} */
  connection?: ConnectOptions;
}

/** A mongoose connection that a service starts and stops. */
export interface MongoPart extends Part {
  /** Make models on it at any time; they work once the part has started. */
  readonly connection: Connection;
  health(): PartHealth;
}

/**
 * A mongoose connection as a part: it connects with retries until the service's start is given up, tells of slow
 * commands, and closes after the service has drained and its own commands have ended.
 * @throws VastifyError `invalid_argument`, reason `bad_option`, when `uri` is no MongoDB URI
 */
export function mongo(options: MongoOptions): MongoPart {
  const { uri, connectTimeoutMs = 5_000, slowQueryMs = 500, drainTimeoutMs = 5_000, connection: over = {} } = options;
  if (!/^mongodb(\+srv)?:\/\//.test(uri))
    throw badOption("mongo.uri", withoutPassword(uri), 'a URI such as "mongodb://127.0.0.1:27017/name"');
  if (!(slowQueryMs >= 0)) throw badOption("mongo.slowQueryMs", slowQueryMs, "a number from 0 on");
  const connection = mongoose.createConnection();
  let commands: CommandWatch | undefined;

  async function connect({ log, signal }: PartContext): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        await connection.openUri(uri, { serverSelectionTimeoutMS: connectTimeoutMs, ...over, monitorCommands: true });
        return;
      } catch (cause) {
        const message = `MongoDB at ${withoutPassword(uri)} did not answer: start it, or set the right URI (MONGODB_URI)`;
        if (attempt === 0) log.warn(`${message}; waiting for it`);
        await delay(backoffMs(attempt, { baseMs: 500, maxMs: 5_000 }), signal);
        if (signal.aborted) throw new VastifyError("unavailable", message, { reason: "database_unreachable", cause });
      }
    }
  }

  return {
    name: "mongodb",
    connection,
    async start(context) {
      await connect(context);
      commands = watchCommands(connection.getClient(), { log: context.log, slowQueryMs });
      // From here on: a try to connect that fails is told by `connect`.
      connection.on("error", (err) => context.log.warn("MongoDB connection failed", { err }));
      connection.on("disconnected", () => context.log.warn("MongoDB connection lost; mongoose is trying again"));
      connection.on("reconnected", () => context.log.info("MongoDB connection is back"));
    },
    async stop() {
      connection.removeAllListeners("disconnected");
      await commands?.whenIdle(drainTimeoutMs);
      await connection.close();
    },
    health: () => ({ ok: connection.readyState === mongoose.ConnectionStates.connected }),
  };
}

function withoutPassword(uri: string): string {
  return uri.replace(/\/\/[^@/]*@/, "//");
}
