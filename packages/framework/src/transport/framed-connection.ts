import { connect as connectPlain, type Socket } from "node:net";
import { Readable } from "node:stream";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { type Call, letGo, NumberTable, VastifyError } from "../core/index.js";
import { announce, attach, bytesIn, RawBytes, rawBytesOf, readAnnounced } from "./attachments.js";
import type { BusyPoll } from "./busy-poll.js";
import type { Encoded } from "./encoded.js";
import { FrameReader, type FrameTaker } from "./frame-reader.js";
import { callFrame, cancelFrame, type Frame, frameKind, parseFrame, preface } from "./frames.js";
import { GatheredWriter } from "./gathered-writer.js";
import { type Endpoint, type Outgoing, ownProtocolOverTls } from "./inbound.js";
import { peerBroke, peerError, peerLost, peerUnreachable } from "./peer-errors.js";
import type { IdentitySeal } from "./signed-identity.js";
import { StreamHub, tooManyStreams } from "./stream-hub.js";

export interface FramedConnectionOptions {
  readonly secret: string | undefined;
  /** Peers that speak our protocol over TLS are spoken to with these. */
  readonly tls: ConnectionOptions | undefined;
  /** The largest reply, in bytes. */
  readonly maxBytes: number;
  /** How long a peer may be silent before it is asked whether it lives, and then to answer, in milliseconds. */
  readonly heartbeatMs: number;
  /** How long a peer may take to be connected and to greet, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** Signs who a call is made for. Without it nobody is told. */
  readonly seal: IdentitySeal | undefined;
  readonly poll: BusyPoll | undefined;
}

/** Calls that a peer does not read pile up here; past this many characters further ones are refused. */
const maxWaiting = 64 * 1_048_576;

interface Early {
  readonly message: Encoded;
  readonly outgoing: Outgoing;
}

/** One connection to a peer: what is called over it, and what becomes of that when it breaks. */
export class FramedConnection implements FrameTaker {
  onClose: () => void = () => {};
  private readonly endpoint: Endpoint;
  private readonly options: FramedConnectionOptions;
  private readonly socket: Socket;
  private readonly writer: GatheredWriter;
  private readonly streams: StreamHub;
  private readonly raw = new RawBytes();
  private readonly pending = new NumberTable<Outgoing>();
  private readonly heartbeat: NodeJS.Timeout;
  private readonly greetBy: NodeJS.Timeout;
  /** What waits for the peer's greeting: until then nothing of it is sent. */
  private early: Early[] = [];
  private earlyLength = 0;
  private peerMaxBytes = Number.POSITIVE_INFINITY;
  private lastId = 0;
  private state: "connecting" | "greeting" | "open" | "leaving" | "closed" = "connecting";
  private heard = true;
  /** The peer said what is wrong with the connection. */
  private refused = false;
  private failure: Error | undefined = undefined;

  constructor(endpoint: Endpoint, options: FramedConnectionOptions) {
    this.endpoint = endpoint;
    this.options = options;
    const { host, port, protocols } = endpoint;
    const secure = protocols.includes(ownProtocolOverTls);
    this.socket = secure ? connectTls({ ...options.tls, host, port }) : connectPlain({ host, port });
    this.socket.setNoDelay(true);
    this.writer = new GatheredWriter(this.socket, options.poll);
    this.streams = new StreamHub(this.writer);
    const reader = new FrameReader(options.maxBytes + 1024, this);
    this.socket.once(secure ? "secureConnect" : "connect", () => {
      this.state = "greeting";
    });
    this.socket.on("data", (chunk: Buffer) => {
      this.heard = true;
      options.poll?.heard();
      try {
        reader.push(chunk);
      } catch (error) {
        const isFrame = VastifyError.is(error) && error.reason === "bad_frame" && !this.refused;
        this.socket.destroy(isFrame ? peerBroke(endpoint, error.message) : (error as Error));
      }
    });
    this.socket.on("error", (error) => {
      this.failure = error;
    });
    this.socket.on("close", () => this.closed());
    this.greetBy = setTimeout(
      () => this.socket.destroy(new Error(`it did not greet within ${options.connectTimeoutMs} ms`)),
      options.connectTimeoutMs,
    ).unref();
    this.writer.write(`${preface}${JSON.stringify({ secret: options.secret, maxBytes: options.maxBytes })}\n`);
    this.heartbeat = setInterval(() => this.beat(), options.heartbeatMs).unref();
    this.idle();
  }

  /** Whether new calls may go over it. */
  get usable(): boolean {
    return this.state !== "leaving" && this.state !== "closed";
  }

  send(message: Encoded, outgoing: Outgoing): void {
    const { json, attachments } = message;
    if (this.writer.waiting + this.earlyLength > maxWaiting) {
      outgoing.failed(this.tooMuchWaiting());
      return;
    }
    if (this.state === "connecting" || this.state === "greeting") {
      if (this.early.length === 0) this.socket.ref();
      this.early.push({ message, outgoing });
      this.earlyLength += json.length + bytesIn(attachments ?? []);
      return;
    }
    if (json.length * 3 > this.peerMaxBytes && Buffer.byteLength(json) > this.peerMaxBytes) {
      outgoing.failed(this.tooLarge());
      return;
    }
    if (attachments && bytesIn(attachments) > this.peerMaxBytes) {
      outgoing.failed(this.tooLarge());
      return;
    }
    if (attachments && this.streams.isFull) {
      outgoing.failed(tooManyStreams());
      return;
    }
    const { call } = outgoing;
    const id = this.newId();
    if (this.pending.size === 0) this.socket.ref();
    this.pending.set(id, outgoing);
    call.wireId = id;
    call.onAbort = this.onAbort;
    const timeoutMs = timeoutOf(call);
    if (!attachments) {
      this.writer.write(callFrame(id, json, timeoutMs, call.tx, call.hops + 1, this.identityOf(call, ",[]")));
      return;
    }
    // What a stream has given can't be given again.
    if (attachments.some(([, attachment]) => attachment instanceof Readable)) call.repeatable = false;
    const { attached, bytes } = announce(attachments, this.streams);
    const more = this.identityOf(call, attached) || attached;
    this.writer.writeWithBytes(callFrame(id, json, timeoutMs, call.tx, call.hops + 1, more), bytes);
  }

  /** The last member of a call that is made for somebody, behind its attachments; nothing for others. */
  private identityOf(call: Call, attached: string): string {
    const { identity, message, tx } = call;
    const { seal } = this.options;
    if (identity === undefined || seal === undefined) return "";
    return `${attached},"${seal(identity, { target: String(message.$$target), tx })}"`;
  }

  /** Numbers are used again after four thousand million calls; one that is still in use is passed over. */
  private newId(): number {
    do this.lastId = this.lastId === 0xff_ff_ff_ff ? 1 : this.lastId + 1;
    while (this.pending.has(this.lastId));
    return this.lastId;
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** The peer need not go on with a call that was given up. */
  private readonly onAbort = (call: Call): void => {
    const outgoing = this.pending.get(call.wireId);
    this.settled(call.wireId, call);
    this.writer.write(cancelFrame(call.wireId));
    if (!call.repeatable) letGo(call.message);
    outgoing?.abandoned();
  };

  onLine(line: string, careful: boolean): number {
    if (this.state === "connecting" || this.state === "greeting") {
      this.greeted(line);
      return 0;
    }
    const frame = parseFrame(line, { maxDepth: Number.POSITIVE_INFINITY, careful });
    switch (frame[0]) {
      case frameKind.result:
        return this.onResult(frame);
      case frameKind.error:
        this.onError(frame);
        return 0;
      case frameKind.ping:
        this.writer.write(`[${frameKind.pong}]\n`);
        return 0;
      case frameKind.goodbye:
        this.leave();
        return 0;
      case frameKind.data:
      case frameKind.end:
      case frameKind.abort:
      case frameKind.credit:
      case frameKind.stop:
        return this.streams.onFrame(frame);
      default:
        return 0;
    }
  }

  onBytes(bytes: Buffer): void {
    if (!this.raw.take(bytes)) this.streams.onBytes(bytes);
  }

  private onResult(frame: Frame): number {
    if (frame.length <= 3) {
      this.take(frame)?.answered(frame[2]);
      return 0;
    }
    const announced = readAnnounced(frame[3], this.options.maxBytes);
    return this.raw.expect(rawBytesOf(announced), (raw) => {
      const streams: Readable[] = [];
      const streamOf = (id: number): Readable => {
        const stream = this.streams.receive(id);
        streams.push(stream);
        return stream;
      };
      const result = attach(frame[2], announced, raw, streamOf);
      const outgoing = this.take(frame);
      if (outgoing) outgoing.answered(result);
      else for (const stream of streams) stream.destroy();
    });
  }

  private greeted(line: string): void {
    const limits = { maxDepth: 64, careful: true };
    if (line.startsWith(preface)) {
      const [hello] = parseFrame(`[${line.slice(preface.length)}]`, limits) as [{ maxBytes?: unknown } | null];
      if (typeof hello?.maxBytes === "number") this.peerMaxBytes = hello.maxBytes;
      this.state = "open";
      clearTimeout(this.greetBy);
      this.sendEarly();
      return;
    }
    // What a peer answers that refuses us before it greets.
    const [kind, , error] = parseFrame(line, limits);
    if (kind !== frameKind.error) throw peerBroke(this.endpoint, "it does not greet");
    this.refused = true;
    throw peerError(error, this.endpoint);
  }

  private sendEarly(): void {
    const { early } = this;
    this.early = [];
    this.earlyLength = 0;
    for (const one of early) {
      if (one.outgoing.call.outcome === "open") this.send(one.message, one.outgoing);
      else abandon(one);
    }
    if (this.pending.size === 0) this.idle();
  }

  private onError(frame: Frame): void {
    const error = peerError(frame[2], this.endpoint);
    // Without a call of ours it is about the connection.
    if (frame[1] === 0) {
      this.refused = true;
      throw error;
    }
    this.take(frame)?.failed(error);
  }

  private take(frame: Frame): Outgoing | undefined {
    const id = frame[1] as number;
    const outgoing = this.pending.get(id);
    if (outgoing) this.settled(id, outgoing.call);
    return outgoing;
  }

  private settled(id: number, call: Call): void {
    this.pending.delete(id);
    call.onAbort = undefined;
    if (this.pending.size === 0) this.idle();
  }

  /** A connection without calls does not hold the process open; one that the peer leaves is closed. */
  private idle(): void {
    this.socket.unref();
    if (this.state !== "leaving") return;
    // The last result may be a stream, whose backpressure needs our side of the connection.
    if (this.streams.busy) this.streams.onIdle = () => this.idle();
    else this.writer.end();
  }

  /** The peer takes no more calls; those in flight go on. */
  private leave(): void {
    this.state = "leaving";
    if (this.pending.size === 0) this.idle();
  }

  private beat(): void {
    if (this.heard) {
      this.heard = false;
      this.writer.write(`[${frameKind.ping}]\n`);
    } else setImmediate(() => this.dropIfSilent());
  }

  /** Asked once more after what has arrived is read: it may be this process that was busy, not the peer. */
  private dropIfSilent(): void {
    if (!this.heard) this.socket.destroy(new Error(`it was silent for ${this.options.heartbeatMs} ms`));
  }

  private closed(): void {
    const { failure, endpoint, early } = this;
    this.state = "closed";
    clearTimeout(this.greetBy);
    clearInterval(this.heartbeat);
    this.onClose();
    const cause = failure ?? new Error("the connection was closed");
    this.streams.close(VastifyError.is(cause) ? cause : peerLost(endpoint, cause));
    const lost = this.pending.entries().map(([, outgoing]) => outgoing);
    for (const { call } of lost) this.pending.delete(call.wireId);
    this.early = [];
    for (const outgoing of lost) {
      outgoing.call.onAbort = undefined;
      outgoing.failed(VastifyError.is(cause) ? cause : peerLost(endpoint, cause));
    }
    for (const one of early) {
      if (one.outgoing.call.outcome !== "open") abandon(one);
      else one.outgoing.failed(VastifyError.is(cause) ? cause : peerUnreachable(endpoint, cause));
    }
  }

  private tooLarge(): VastifyError {
    const { host, port } = this.endpoint;
    const text = `the peer at ${host}:${port} takes messages of ${this.peerMaxBytes} bytes; this one holds more`;
    return new VastifyError("resource_exhausted", text, { reason: "body_too_large" });
  }

  private tooMuchWaiting(): VastifyError {
    const { host, port } = this.endpoint;
    return new VastifyError("resource_exhausted", `the peer at ${host}:${port} does not read what is sent to it`, {
      reason: "too_many_calls",
    });
  }
}

/** It was given up before anything of it was sent. */
function abandon({ message, outgoing }: Early): void {
  if (message.attachments) letGo(outgoing.call.message);
  outgoing.abandoned();
}

/** A whole number of milliseconds, whatever an author asked for. */
function timeoutOf(call: Call): number {
  const ms = Math.ceil(call.remainingMs);
  return ms >= 1 ? Math.min(ms, 0x7f_ff_ff_ff) : 1;
}
