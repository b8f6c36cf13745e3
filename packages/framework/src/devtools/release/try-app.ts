import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { VastifyError } from "../../core/index.js";
import type { App } from "./read-apps.js";
import { whenHealthy } from "./when-healthy.js";

const keptLines = 15;

/**
 * Starts one more process of an app, beside those that run, and ends it once it is healthy. Meanwhile it is an instance
 * like any other: it registers, and gets its share of calls.
 * @throws VastifyError `failed_precondition`, reason `unhealthy_release`, with the last lines that it printed
 */
export async function tryApp(app: App): Promise<void> {
  const port = app.env.HTTP_PORT === undefined ? undefined : await freePort();
  const ports = { ...(port !== undefined && { HTTP_PORT: String(port) }), MICROSERVICE_PORT: "0" };
  const child = fork(app.script, app.args, {
    cwd: app.cwd,
    env: { ...process.env, ...app.env, ...ports },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const lastLines = keepLastLines(child);
  const killWithUs = () => child.kill("SIGKILL");
  process.once("exit", killWithUs);
  const deadline = AbortSignal.timeout(app.listenTimeoutMs);
  try {
    const why = (await whenReady(child, deadline)) ?? (port && (await whenHealthy(app, port, deadline)));
    if (why) throw unhealthy(`${app.name} ${why}${lastLines()}`);
  } finally {
    await leave(child, app.killTimeoutMs);
    process.off("exit", killWithUs);
  }
}

/** Says why it does not get ready; undefined once it is. */
function whenReady(child: ChildProcess, deadline: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    child.on("message", (message) => {
      if (message === "ready") resolve(undefined);
    });
    child.once("error", (error) => resolve(`could not be started: ${error.message}`));
    // Not "exit": by "close" everything that it printed has come.
    child.once("close", (code, signal) => resolve(`ended with ${signal ?? `code ${code}`} before it was ready`));
    deadline.addEventListener("abort", () => resolve("was not ready in time"), { once: true });
  });
}

async function leave(child: ChildProcess, withinMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = once(child, "exit");
  const late = setTimeout(() => child.kill("SIGKILL"), withinMs);
  child.kill("SIGTERM");
  await ended;
  clearTimeout(late);
}

function keepLastLines(child: ChildProcess): () => string {
  let text = "";
  const keep = (chunk: string) => {
    text = (text + chunk)
      .split("\n")
      .slice(-keptLines - 1)
      .join("\n");
  };
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", keep);
  return () => (text.trim() === "" ? ", and printed nothing" : `; it printed:\n${text.trim()}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function unhealthy(message: string): VastifyError {
  return new VastifyError("failed_precondition", message, { reason: "unhealthy_release" });
}
