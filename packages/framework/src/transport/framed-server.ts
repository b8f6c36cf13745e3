import type { Socket } from "node:net";
import { Readable } from "node:stream";
import { type Call, type Logger, letGo, NumberTable, VastifyError } from "../core/index.js";
import {
  announce,
  attach,
  bytesIn,
  detach,
  isWholeAttachment,
  RawBytes,
  rawBytesOf,
  readAnnounced,
} from "./attachments.js";
import type { BusyPoll } from "./busy-poll.js";
import { withoutDirectives } from "./clean-message.js";
import { FrameReader, type FrameTaker } from "./frame-reader.js";
import { badFrame, errorFrame, type Frame, frameKind, parseFrame, preface, resultFrame } from "./frames.js";
import { GatheredWriter } from "./gathered-writer.js";
import { type InboundHandler, traceOf } from "./inbound.js";
import { type ResolvedTransportLimits, timeoutOf } from "./limits.js";
import { logFailure } from "./log-failure.js";
import { failureOfAction, instanceLeaving } from "./peer-errors.js";
import { ResultStreams } from "./result-streams.js";
import type { SecretCheck } from "./secret.js";
import type { IdentityCheck } from "./signed-identity.js";
import { StreamHub, tooManyStreams } from "./stream-hub.js";

export interface FramedServerOptions {
  readonly handle: InboundHandler;
  readonly limits: ResolvedTransportLimits;
  readonly log: Logger;
  readonly isSecret: SecretCheck;
  readonly identityOf: IdentityCheck;
  readonly poll: BusyPoll | undefined;
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

class Connection implements FrameTaker {
  private readonly socket: Socket;
  private readonly shared: Shared;
  private readonly writer: GatheredWriter;
  private readonly streams: StreamHub;
  private readonly raw = new RawBytes();
  private readonly calls = new NumberTable<Call>();
  private readonly results = new ResultStreams();
  private readonly helloTimer: NodeJS.Timeout;
  private greeted = false;
  /** The largest result that the peer takes, in bytes. */
  private peerMaxBytes = Number.POSITIVE_INFINITY;
  private whenIdle: (() => void) | undefined = undefined;

  constructor(socket: Socket, shared: Shared) {
    this.socket = socket;
    this.shared = shared;
    this.writer = new GatheredWriter(socket, shared.poll);
    const { limits } = shared;
    this.streams = new StreamHub(this.writer);
    // The preface stands on a line too.
    const reader = new FrameReader(limits.maxBytes + 1024, this);
    this.helloTimer = setTimeout(() => this.destroy(), limits.helloTimeoutMs).unref();
    socket.setTimeout(limits.idleTimeoutMs, () => this.destroy());
    socket.on("error", () => this.destroy());
    socket.on("close", () => this.onClose());
    socket.on("data", (chunk: Buffer) => {
      shared.poll?.heard();
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
    this.results.leave();
  }

  /** Resolves when no call and no stream is in flight and everything is written, or the connection is gone. */
  finish(): Promise<void> {
    return new Promise((resolve) => {
      this.socket.once("close", () => resolve());
      // A call's result may be a stream that goes on after the call.
      const endWhenIdle = (): void => {
        if (this.calls.size > 0 || this.streams.busy) return;
        // Half closed: were it closed, what the peer still says would reset it, and take from the peer what it has not
        // read yet. The peer closes its side when it has read all.
        this.writer.end();
      };
      this.whenIdle = endWhenIdle;
      this.streams.onIdle = endWhenIdle;
      endWhenIdle();
      if (this.socket.destroyed) resolve();
    });
  }

  destroy(): void {
    this.socket.destroy();
  }

  onLine(line: string, careful: boolean): number {
    if (this.socket.destroyed) return 0;
    if (!this.greeted) {
      this.greet(line);
      return 0;
    }
    const frame = parseFrame(line, { maxDepth: this.shared.limits.maxDepth, careful });
    switch (frame[0]) {
      case frameKind.call:
        return this.onCall(frame);
      case frameKind.cancel:
        this.cancel(frame[1] as number);
        return 0;
      case frameKind.ping:
        this.writer.write(`[${frameKind.pong}]\n`);
        return 0;
      case frameKind.pong:
        return 0;
      case frameKind.data:
      case frameKind.end:
      case frameKind.abort:
      case frameKind.credit:
      case frameKind.stop:
        return this.streams.onFrame(frame);
      default:
        throw badFrame(`its kind ${JSON.stringify(frame[0])?.slice(0, 40)} is unknown`);
    }
  }

  onBytes(bytes: Buffer): void {
    if (!this.raw.take(bytes)) this.streams.onBytes(bytes);
  }

  private greet(line: string): void {
    if (Buffer.byteLength(line) >= maxHello) throw badFrame(`its first line is over ${maxHello} bytes`);
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

  private onCall(frame: Frame): number {
    const id = frame[1];
    if (!isId(id) || this.calls.has(id)) throw badFrame("a call's id is a whole number that is not in use");
    this.results.forget(id);
    if (frame.length <= 6) {
      this.run(id, frame, frame[2], []);
      return 0;
    }
    const announced = readAnnounced(frame[6], this.shared.limits.maxBytes);
    return this.raw.expect(rawBytesOf(announced), (raw) => {
      const received: Readable[] = [];
      const streamOf = (number: number): Readable => {
        const stream = this.streams.receive(number);
        received.push(stream);
        return stream;
      };
      const message = attach(frame[2], announced, raw, streamOf);
      // A message is an object: only results may be bytes or a stream as a whole.
      this.run(id, frame, isWholeAttachment(announced) ? undefined : message, received);
    });
  }

  private run(id: number, frame: Frame, message: unknown, streams: readonly Readable[]): void {
    const [, , , timeoutMs, tx, hops, , identity] = frame;
    const trace = traceOf(tx);
    let call: Call;
    try {
      const refusal = this.refusalOf(message);
      if (refusal) throw refusal;
      call = this.shared.handle({
        message: withoutDirectives(message as Record<string, unknown>),
        tx: trace,
        timeoutMs: timeoutOf(timeoutMs, this.shared.limits),
        hops: typeof hops === "number" && hops >= 0 ? Math.floor(hops) : 0,
        identity: this.shared.identityOf(identity, trace),
      });
    } catch (error) {
      this.fail(id, error, trace);
      dropUnread(streams);
      return;
    }
    if (call.outcome !== "open") {
      this.answer(id, call);
      dropUnread(streams);
      return;
    }
    this.calls.set(id, call);
    this.shared.callsInFlight += 1;
    call.onOutcome = () => {
      this.forget(id);
      this.answer(id, call);
      if (call.outcome === "failed") for (const stream of streams) stream.destroy(VastifyError.from(call.value));
      else dropUnread(streams);
      this.whenIdle?.();
    };
  }

  private cancel(id: number): void {
    const call = this.calls.get(id);
    if (call) call.cancel();
    else this.results.cancel(id);
  }

  private refusalOf(message: unknown): VastifyError | undefined {
    const { limits, callsInFlight, refusing } = this.shared;
    if (refusing) return instanceLeaving();
    if (typeof message !== "object" || message === null || Array.isArray(message)) {
      return new VastifyError("invalid_argument", "the message must be a JSON object", { reason: "bad_body" });
    }
    if (this.calls.size >= limits.maxCallsPerConnection || callsInFlight >= limits.maxCalls) {
      return new VastifyError("resource_exhausted", "too many calls are in flight here", { reason: "too_many_calls" });
    }
    return undefined;
  }

  private answer(id: number, call: Call): void {
    if (call.outcome === "failed") {
      this.fail(id, failureOfAction(call.value), call.tx);
      return;
    }
    const { json, attachments } = detach(call.value);
    let text: string;
    try {
      if (!attachments) {
        const frame = resultFrame(id, json);
        const excess = this.excessOf(frame);
        if (excess === undefined) this.writer.write(frame);
        else this.fail(id, badResult(excess), call.tx);
        return;
      }
      text = JSON.stringify(json);
    } catch (cause) {
      const error = new VastifyError("internal", "the result can't be written as JSON", { reason: "bad_result" });
      this.shared.log.error(error.message, { err: cause, tx: call.tx });
      letGo(call.value);
      this.writer.write(errorFrame(id, error, call.tx));
      return;
    }
    const excess = this.excessOf(text, bytesIn(attachments));
    if (excess !== undefined || this.streams.isFull) {
      letGo(call.value);
      this.fail(id, excess === undefined ? tooManyStreams() : badResult(excess), call.tx);
      return;
    }
    const streams = attachments.map(([, attachment]) => attachment).filter((one) => one instanceof Readable);
    if (streams.length > 0) this.results.add(id, call, streams);
    const { attached, bytes } = announce(attachments, this.streams);
    this.writer.writeWithBytes(`[${frameKind.result},${id},${text}${attached}]\n`, bytes);
  }

  private fail(id: number, thrown: unknown, tx: string | undefined): void {
    const error = VastifyError.from(thrown);
    logFailure(this.shared.log, error, tx);
    this.writer.write(errorFrame(id, error, tx));
  }

  /** Why a result can't be sent, if it can't. */
  private excessOf(frame: string, attachedBytes = 0): string | undefined {
    const { peerMaxBytes } = this;
    if (attachedBytes > peerMaxBytes || (frame.length * 3 > peerMaxBytes && Buffer.byteLength(frame) > peerMaxBytes))
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
    // Not the socket's "drain", which does not come for what is written in one go.
    void this.writer.drained().then(() => this.socket.resume());
  }

  private onClose(): void {
    this.streams.close(new VastifyError("unavailable", "the peer broke off the connection", { reason: "peer_lost" }));
    clearTimeout(this.helloTimer);
    for (const [id, call] of this.calls.entries()) {
      this.forget(id);
      call.onOutcome = undefined;
      call.cancel();
    }
    this.whenIdle = undefined;
  }
}

function badResult(why: string): VastifyError {
  return new VastifyError("internal", why, { reason: "bad_result" });
}

/** Streams that the action did not begin to read by the time it was done are not wanted. */
function dropUnread(streams: readonly Readable[]): void {
  for (const stream of streams) if (!stream.readableDidRead && stream.readableFlowing === null) stream.destroy();
}

function isId(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value > 0 && value <= 0xff_ff_ff_ff;
}
