import { fork } from "node:child_process";
import { once } from "node:events";

const keptOutput = 4_000;

/**
 * @typedef {object} Child
 * @property {number} pid
 * @property {(name: string, argument?: unknown, timeoutMs?: number) => Promise<any>} ask
 * @property {() => Promise<void>} stop
 * @property {() => Promise<void>} kill at once, as a crash would
 */

/** The child processes of one measurement. They end with `stopAll`, and with this process however it ends. */
export function createChildren() {
  /** @type {Set<Child>} */
  const children = new Set();
  return {
    /**
     * @param {string | URL} file
     * @param {{ args?: string[], execArgv?: string[], within?: string[], isShown?: boolean }} [options] `within` is a
     * command that starts Node.js for us, such as `nsenter --net=FILE`; what a shown child prints is printed here too
     * @returns {Child}
     */
    start(file, options) {
      const child = startChild(file, options);
      children.add(child);
      return child;
    },
    async stopAll() {
      const stopping = [...children].map((child) => child.stop());
      children.clear();
      await Promise.all(stopping);
    },
  };
}

function startChild(file, { args = [], execArgv = [], within = [], isShown = false } = {}) {
  const [execPath, ...before] = [...within, process.execPath];
  const child = fork(file, args, {
    execPath,
    execArgv: [...before, ...execArgv],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  if (isShown) child.stdout.pipe(process.stdout);
  const waiting = new Map();
  let output = "";
  let nextId = 0;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => {
      output = (output + text).slice(-keptOutput);
    });
  }
  const exited = once(child, "exit").then(([code, signal]) => {
    fail(new Error(`the process ended (${signal ?? code})${output && `; it said last:\n${output}`}`));
  });
  child.on("message", ({ id, result, error }) => {
    const { resolve, reject } = waiting.get(id) ?? {};
    waiting.delete(id);
    if (error === undefined) resolve?.(result);
    else reject?.(new Error(error));
  });

  function fail(error) {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  }

  return {
    pid: child.pid,
    ask(name, argument, timeoutMs = 60_000) {
      return new Promise((resolve, reject) => {
        if (!child.connected) return reject(new Error(`the process has ended; it said last:\n${output}`));
        const id = nextId++;
        const timer = setTimeout(() => {
          waiting.delete(id);
          reject(new Error(`no answer to "${name}" within ${timeoutMs} ms`));
        }, timeoutMs);
        const settle = (then) => (value) => {
          clearTimeout(timer);
          then(value);
        };
        waiting.set(id, { resolve: settle(resolve), reject: settle(reject) });
        child.send({ id, name, argument });
      });
    },
    async stop() {
      if (child.connected) child.disconnect();
      const timer = setTimeout(() => child.kill("SIGKILL"), 5_000);
      await exited;
      clearTimeout(timer);
    },
    async kill() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
