import { EventEmitter } from "node:events";
import { expect, it } from "vitest";
import { silentLogger, VastifyError } from "../core/index.js";
import { type ProcessLike, type Runnable, runService } from "./run-service.js";

class Exit extends Error {}

/** A process that notes what happens to it; `exit` throws where the real one would end. */
function fakeProcess() {
  const events = new EventEmitter();
  const notes: string[] = [];
  const process: ProcessLike = {
    once: (name: string, listener: (value: never) => void) => events.once(name, listener as () => void),
    on: (name: string, listener: (message: unknown) => void) => events.on(name, listener),
    send: (message) => notes.push(`told ${message}`),
    stdout: events,
    stderr: { on: events.on.bind(events), write: (text) => notes.push(text) },
    exit(code) {
      notes.push(`exit ${code}`);
      throw new Exit();
    },
  };
  return { process, notes, emit: (name: string, value?: unknown) => events.emit(name, value) };
}

function service(over: Partial<Runnable> = {}): Runnable {
  return { log: silentLogger, start: async () => {}, stop: async () => {}, ...over };
}

/** Lets a stop and what follows it happen; its `exit` throws in a promise that nobody holds, as in a real process. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

it("tells pm2 that it is ready once it has started", async () => {
  const { process, notes } = fakeProcess();
  await runService(service(), process);
  expect(notes).toEqual(["told ready"]);
});

it("tells in one line what is wrong with the options, and exits with 1", async () => {
  const { process, notes } = fakeProcess();
  const create = () => {
    throw new VastifyError("invalid_argument", 'HTTP_PORT must be a port number, got "x"', { reason: "bad_option" });
  };
  await expect(runService(create, process)).rejects.toThrow(Exit);
  expect(notes).toEqual(['it did not start: HTTP_PORT must be a port number, got "x"\n', "exit 1"]);
});

it("exits with 1 when the start fails", async () => {
  const { process, notes } = fakeProcess();
  const start = async () => {
    throw new VastifyError("failed_precondition", "port 1 is taken", { reason: "port_taken" });
  };
  await expect(runService(service({ start }), process)).rejects.toThrow(Exit);
  expect(notes).toEqual(["exit 1"]);
});

it.each([
  ["SIGTERM", undefined],
  ["SIGINT", undefined],
  ["message", "shutdown"],
])("stops on %s %s", async (event, value) => {
  const { process, emit } = fakeProcess();
  let stops = 0;
  const stop = async () => {
    stops += 1;
    await new Promise(() => {});
  };
  await runService(service({ stop }), process);
  emit("message", "something else");
  emit(event, value);
  await settle();
  expect(stops).toBe(1);
});

it.each(["uncaughtException", "unhandledRejection"])("logs an %s and leaves in order", async (event) => {
  const { process, emit } = fakeProcess();
  const logged: unknown[] = [];
  const log = { ...silentLogger, error: (message: string, fields?: unknown) => logged.push([message, fields]) };
  let stops = 0;
  const stop = async () => {
    stops += 1;
    await new Promise(() => {});
  };
  await runService(service({ log, stop }), process);
  const err = new Error("nobody caught me");
  emit(event, err);
  await settle();
  expect(logged).toEqual([["an error that nobody caught; leaving", { err }]]);
  expect(stops).toBe(1);
});
