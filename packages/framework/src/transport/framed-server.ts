import type { Socket } from "node:net";
import { type Call, type Logger, VastifyError } from "../core/index.js";
import { withoutDirectives } from "./clean-message.js";
import { badFrame, errorFrame, type Frame, frameKind, parseFrame, preface, resultFrame } from "./frames.js";
import { GatheredWriter } from "./gathered-writer.js";
import { type InboundHandler, traceOf } from "./inbound.js";
import type { ResolvedTransportLimits } from "./limits.js";
import { LineReader } from "./line-reader.js";
import type { SecretCheck } from "./secret.js";

export interface FramedServerOptions {
  readonly handle: InboundHandler;
  readonly limits: ResolvedTransportLimits;
  readonly log: Logger;
  readonly isSecret: SecretCheck;
}

/** The connections of peers that speak our own protocol. */
export interface FramedServer {
  accept(socket: Socket): void;
  /** Tells every peer to call another instance; new calls are refused, those in flight go on. */
  refuse(): void;
  /** Waits for calls in flight, at most `graceMs`, then closes every connection. */
  close(graceMs: number): Promise<void>;
}

/** Peers read slower than we answer when so much waits to be written; then no more calls are read from them. */
const highWater = 1_048_576;

/** Past so much that a peer does not read, results for it are dropped. */
const maxWaiting = 64 * 1_048_576;

/** The longest first line, in bytes: whoever sends it has shown no secret yet. */
const maxHello = 16_384;

/** A peer that is refused has so long to read why, in milliseconds. */
const lingerMs = 1_000;

export function createFramedServer(options: FramedServerOptions): FramedServer {
  const connections = new Set<Connection>();
  const shared: Shared = { ...options, callsInFlight: 0, refusing: false };

  return {
    accept(socket) {
      const connection = new Connection(socket, shared);
      connections.add(connection);
      socket.on("close", () => connections.delete(connection));
    },
    refuse() {
      shared.refusing = true;
      for (const connection of connections) connection.sayGoodbye();
    },
    async close(graceMs) {
      const idle = Promise.all([...connections].map((connection) => connection.finish()));
      const force = setTimeout(() => {
        for (const connection of connections) connection.destroy();
      }, graceMs);
      await idle;
      clearTimeout(force);
    },
  };
}

interface Shared extends FramedServerOptions {
  callsInFlight: number;
  refusing: boolean;
}

class Connection {
  private readonly socket: Socket;
  private readonly shared: Shared;
  private readonly writer: GatheredWriter;
  private readonly calls = new Map<number, Call>();
  private readonly helloTimer: NodeJS.Timeout;
  private greeted = false;
  /** The largest result that the peer takes, in bytes. */
  private peerMaxBytes = Number.POSITIVE_INFINITY;
  private whenIdle: (() => void) | undefined = undefined;

  constructor(socket: Socket, shared: Shared) {
    this.socket = socket;
    this.shared = shared;
    this.writer = new GatheredWriter(socket);
    const { limits } = shared;
    // The preface stands on a line too.
    const reader = new LineReader(limits.maxBytes + 1024, (line, careful) => this.onLine(line, careful));
    this.helloTimer = setTimeout(() => this.destroy(), limits.helloTimeoutMs).unref();
    socket.setTimeout(limits.idleTimeoutMs, () => this.destroy());
    socket.on("error", () => this.destroy());
    socket.on("close", () => this.onClose());
    socket.on("data", (chunk: Buffer) => {
      try {
        reader.push(chunk);
        if (!this.greeted && socket.bytesRead > maxHello) throw badFrame(`its first line is over ${maxHello} bytes`);
      } catch (error) {
        this.refuseConnection(error);
      }
      if (this.writer.waiting > highWater) this.pauseUntilRead();
    });
  }

  sayGoodbye(): void {
    if (this.greeted) this.writer.write(`[${frameKind.goodbye}]\n`);
  }

  /** Resolves when no call is in flight and everything is written, or the connection is gone. */
  finish(): Promise<void> {
    return new Promise((resolve) => {
      this.socket.once("close", () => resolve());
      const end = (): void => {
        this.writer.end();
        this.socket.destroySoon();
      };
      if (this.calls.size === 0) end();
      else this.whenIdle = end;
      if (this.socket.destroyed) resolve();
    });
  }

  destroy(): void {
    this.socket.destroy();
  }

  private onLine(line: string, careful: boolean): void {
    if (this.socket.destroyed) return;
    if (!this.greeted) {
      this.greet(line);
      return;
    }
    const frame = parseFrame(line, { maxDepth: this.shared.limits.maxDepth, careful });
    switch (frame[0]) {
      case frameKind.call:
        this.onCall(frame);
        break;
      case frameKind.cancel:
        this.calls.get(frame[1] as number)?.cancel();
        break;
      case frameKind.ping:
        this.writer.write(`[${frameKind.pong}]\n`);
        break;
      case frameKind.pong:
        break;
      default:
        throw badFrame(`its kind ${JSON.stringify(frame[0])?.slice(0, 40)} is unknown`);
    }
  }

  private greet(line: string): void {
    if (!line.startsWith(preface)) throw badFrame(`a connection begins with "${preface}" and a JSON object`);
    const [hello] = parseFrame(`[${line.slice(preface.length)}]`, { maxDepth: 8, careful: true });
    const { secret, maxBytes: peerMaxBytes } = (hello ?? {}) as { secret?: unknown; maxBytes?: unknown };
    if (!this.shared.isSecret(secret)) {
      throw new VastifyError("unauthenticated", "this port wants the shared secret", { reason: "bad_secret" });
    }
    const { maxBytes } = this.shared.limits;
    if (typeof peerMaxBytes === "number" && peerMaxBytes > 0) this.peerMaxBytes = peerMaxBytes;
    clearTimeout(this.helloTimer);
    this.greeted = true;
    this.writer.write(`${preface}${JSON.stringify({ maxBytes })}\n`);
    if (this.shared.refusing) this.sayGoodbye();
  }

  private onCall(frame: Frame): void {
    const [, id, message, timeoutMs, tx, hops] = frame;
    if (!isId(id) || this.calls.has(id)) throw badFrame("a call's id is a whole number that is not in use");
    const trace = traceOf(tx);
    const refusal = this.refusalOf(message);
    if (refusal) {
      this.writer.write(errorFrame(id, refusal, trace));
      return;
    }
    let call: Call;
    try {
      call = this.shared.handle({
        message: withoutDirectives(message as Record<string, unknown>),
        tx: trace,
        timeoutMs:
          typeof timeoutMs === "number" && timeoutMs > 0
            ? Math.min(timeoutMs, this.shared.limits.maxTimeoutMs)
            : undefined,
        hops: typeof hops === "number" && hops >= 0 ? hops : 0,
      });
    } catch (error) {
      this.writer.write(errorFrame(id, error, trace));
      return;
    }
    if (call.outcome !== "open") {
      this.answer(id, call);
      return;
    }
    this.calls.set(id, call);
    this.shared.callsInFlight += 1;
    call.onOutcome = () => {
      this.forget(id);
      this.answer(id, call);
      if (this.calls.size === 0) this.whenIdle?.();
    };
  }

  private refusalOf(message: unknown): VastifyError | undefined {
    const { limits, callsInFlight, refusing } = this.shared;
    if (refusing)
      return new VastifyError("unavailable", "this instance is leaving; call another", { reason: "draining" });
    if (typeof message !== "object" || message === null || Array.isArray(message)) {
      return new VastifyError("invalid_argument", "the message must be a JSON object", { reason: "bad_body" });
    }
    if (this.calls.size >= limits.maxCallsPerConnection || callsInFlight >= limits.maxCalls) {
      return new VastifyError("resource_exhausted", "too many calls are in flight here", { reason: "too_many_calls" });
    }
    return undefined;
  }

  private answer(id: number, call: Call): void {
    this.writer.write(call.outcome === "done" ? this.resultOf(id, call) : errorFrame(id, call.value, call.tx));
  }

  private resultOf(id: number, call: Call): string {
    try {
      const frame = resultFrame(id, call.value);
      const excess = this.excessOf(frame);
      if (excess === undefined) return frame;
      return errorFrame(id, new VastifyError("internal", excess, { reason: "bad_result" }), call.tx);
    } catch (cause) {
      const error = new VastifyError("internal", "the result can't be written as JSON", { reason: "bad_result" });
      this.shared.log.error(error.message, { err: cause, tx: call.tx });
      return errorFrame(id, error, call.tx);
    }
  }

  /** Why a result can't be sent, if it can't. */
  private excessOf(frame: string): string | undefined {
    const { peerMaxBytes } = this;
    if (frame.length * 3 > peerMaxBytes && Buffer.byteLength(frame) > peerMaxBytes)
      return `the result holds more than the ${peerMaxBytes} bytes that its caller takes`;
    return this.writer.waiting > maxWaiting ? "the result was dropped: its caller does not read" : undefined;
  }

  private forget(id: number): void {
    this.calls.delete(id);
    this.shared.callsInFlight -= 1;
  }

  /** After a frame that can't be read nothing that follows can be trusted. */
  private refuseConnection(error: unknown): void {
    if (this.socket.destroyed) return;
    this.socket.removeAllListeners("data");
    this.socket.resume();
    this.writer.write(errorFrame(0, error, undefined));
    this.writer.end();
    // Closing at once, with more of the peer's bytes on their way, would take the error from it.
    setTimeout(() => this.destroy(), lingerMs).unref();
  }

  private pauseUntilRead(): void {
    if (this.socket.isPaused()) return;
    this.socket.pause();
    this.socket.once("drain", () => this.socket.resume());
  }

  private onClose(): void {
    clearTimeout(this.helloTimer);
    for (const [id, call] of this.calls) {
      this.forget(id);
      call.onOutcome = undefined;
      call.cancel();
    }
    this.whenIdle = undefined;
  }
}

function isId(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value > 0 && value <= 0xff_ff_ff_ff;
}
