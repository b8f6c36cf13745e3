import type { mongo as driver } from "mongoose";
import { delay, type Logger } from "../core/index.js";

export interface CommandWatchOptions {
  log: Logger;
  /** What takes longer is logged, in milliseconds. */
  slowQueryMs: number;
}

/** What a client's commands are doing. It must have been made with `monitorCommands`. */
export interface CommandWatch {
  /** Commands that have a connection or wait for one. */
  readonly inFlight: number;
  /** Resolves once no command is under way, or after `deadlineMs`. */
  whenIdle(deadlineMs: number): Promise<void>;
}

// Where a command has its conditions: under its own name, or in the first of its parts.
const filterMembers = ["filter", "query", "q", "pipeline"] as const;

/** Tells slow commands by what they ask for, without the values, which may be nobody's business. */
export function watchCommands(client: driver.MongoClient, { log, slowQueryMs }: CommandWatchOptions): CommandWatch {
  const running = new Map<number, driver.CommandStartedEvent>();
  // A command begins before `commandStarted`: it may have to wait for a connection first.
  let inFlight = 0;

  function ended({ requestId, duration }: { requestId: number; duration: number }): void {
    const started = running.get(requestId);
    running.delete(requestId);
    if (!started || duration < slowQueryMs) return;
    const { commandName, command } = started;
    const collection = typeof command[commandName] === "string" ? command[commandName] : started.databaseName;
    log.warn(`slow MongoDB command: ${commandName} on ${collection} took ${Math.round(duration)} ms`, {
      ...{ command: commandName, collection, durationMs: Math.round(duration), filter: filterOf(command) },
    });
  }

  client.on("commandStarted", (event) => void running.set(event.requestId, event));
  client.on("commandSucceeded", ended);
  client.on("commandFailed", ended);
  client.on("connectionCheckOutStarted", () => void inFlight++);
  client.on("connectionCheckOutFailed", () => void inFlight--);
  client.on("connectionCheckedIn", () => void inFlight--);

  return {
    get inFlight() {
      return inFlight;
    },
    async whenIdle(deadlineMs) {
      const end = performance.now() + deadlineMs;
      while (inFlight > 0 && performance.now() < end) await delay(5);
    },
  };
}

function filterOf(command: Readonly<Record<string, unknown>>): unknown {
  const [part] = [command.updates, command.deletes].flat();
  for (const holder of [command, part as Record<string, unknown> | undefined]) {
    for (const member of filterMembers) if (holder?.[member] !== undefined) return withoutValues(holder[member]);
  }
  return undefined;
}

/** The shape of a condition: its fields and operators, each value a question mark. */
export function withoutValues(condition: unknown, depth = 0): unknown {
  if (typeof condition !== "object" || condition === null || depth > 6) return "?";
  if (Array.isArray(condition)) return condition.slice(0, 10).map((member) => withoutValues(member, depth + 1));
  if (Object.getPrototypeOf(condition) !== Object.prototype) return "?";
  return Object.fromEntries(Object.entries(condition).map(([name, value]) => [name, withoutValues(value, depth + 1)]));
}
