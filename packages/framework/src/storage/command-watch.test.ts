import { EventEmitter } from "node:events";
import type { mongo as driver } from "mongoose";
import { expect, it } from "vitest";
import { watchCommands, withoutValues } from "./command-watch.js";

function watched(slowQueryMs = 100) {
  const client = new EventEmitter();
  const lines: unknown[] = [];
  const log = { debug() {}, info() {}, error() {}, warn: (...line: unknown[]) => void lines.push(line) };
  const watch = watchCommands(client as unknown as driver.MongoClient, { log, slowQueryMs });
  let requestId = 0;
  /** Begins a command, and gives what ends it. */
  function begin(commandName: string, command: object) {
    const id = ++requestId;
    client.emit("commandStarted", { requestId: id, commandName, databaseName: "db", command });
    return (duration: number, outcome = "commandSucceeded") => client.emit(outcome, { requestId: id, duration });
  }
  return { watch, lines, begin, client };
}

it("a slow command is told with its condition, and none of its values", () => {
  const { lines, begin } = watched();
  begin("find", { find: "users", filter: { name: "alice", age: { $gt: 7 } } })(99);
  begin("find", { find: "users", filter: { name: "alice", age: { $gt: 7 } } })(120.4);
  begin("update", { update: "users", updates: [{ q: { _id: 1 }, u: { $set: { name: "bob" } } }] })(
    500,
    "commandFailed",
  );
  begin("ping", { ping: 1 })(200);
  expect(lines).toEqual([
    [
      "slow MongoDB command: find on users took 120 ms",
      { command: "find", collection: "users", durationMs: 120, filter: { name: "?", age: { $gt: "?" } } },
    ],
    [
      "slow MongoDB command: update on users took 500 ms",
      { command: "update", collection: "users", durationMs: 500, filter: { _id: "?" } },
    ],
    [
      "slow MongoDB command: ping on db took 200 ms",
      { command: "ping", collection: "db", durationMs: 200, filter: undefined },
    ],
  ]);
});

it("a shape shows neither lists without end nor depths without ground", () => {
  expect(withoutValues({ $or: Array.from({ length: 50 }, () => ({ a: new Date() })) })).toEqual({
    $or: Array.from({ length: 10 }, () => ({ a: "?" })),
  });
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  expect(JSON.stringify(withoutValues(circle))).toContain("?");
});

it("idle is when the last command has ended, however it ended, and those that waited for a connection too", async () => {
  const { watch, client } = watched();
  await watch.whenIdle(60_000);
  for (let command = 0; command < 3; command++) client.emit("connectionCheckOutStarted");
  let isIdle = false;
  const idle = watch.whenIdle(60_000).then(() => {
    isIdle = true;
  });
  client.emit("connectionCheckedIn");
  client.emit("connectionCheckOutFailed");
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect([watch.inFlight, isIdle]).toEqual([1, false]);
  client.emit("connectionCheckedIn");
  await idle;
  expect(watch.inFlight).toBe(0);
});
