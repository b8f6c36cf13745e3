import type { ChildProcess } from "node:child_process";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { tailOf } from "./child-process.js";

/**
 * Resolves once a server that was just started takes connections on 127.0.0.1; kills it when it does not in time.
 * @throws Error with the last lines that it printed
 */
export async function whenListening(child: ChildProcess, port: number, timeoutMs: number): Promise<void> {
  const tail = tailOf(child);
  const deadline = AbortSignal.timeout(timeoutMs);
  while (!(await takesConnections(port))) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(tail() || "it ended and printed nothing");
    if (deadline.aborted) {
      child.kill("SIGKILL");
      throw new Error(`it does not listen after ${timeoutMs} ms\n${tail()}`);
    }
    await sleep(20);
  }
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const done = (isOpen: boolean) => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once("connect", () => done(true)).once("error", () => done(false));
  });
}
