import type { ConsumeMessage } from "amqplib";
import { VastifyError } from "../../core/index.js";
import type { Broker } from "../broker.js";
import { Consumer } from "../link/consumer.js";
import type { Declare } from "../link/declare.js";
import { type Body, bodyOf, compose, readPayload } from "../message/compose.js";
import { type Delivery, Received } from "../message/delivery.js";
import { createHandlerRun } from "../message/handler-run.js";
import { headerNames } from "../message/headers.js";
import { checkPayload, type StandardSchema } from "../message/standard-schema.js";
import { expectAbove0, expectBrokerName } from "../rabbit-options.js";
import type { Subscription } from "./consume.js";

export interface RpcOptions<Input, Output> {
  /** Checks what is asked, at both ends. @default anything goes */
  input?: StandardSchema<Input>;
  /** Checks what is answered, at both ends. @default anything goes */
  output?: StandardSchema<Output>;
}

export interface RpcCallOptions {
  /** How long to wait for the answer, in milliseconds. @default 10_000 */
  timeoutMs?: number;
  /** Another one may do it again when the first dies over it. @default false: then it fails with `peer_lost` */
  idempotent?: boolean;
  /** The trace it belongs to. @default a new one */
  tx?: string;
  /** The same in W3C's form. @default made from `tx` */
  traceparent?: string;
}

export interface ServeOptions {
  /** How many requests this process takes at once. @default 50 */
  prefetch?: number;
  /** How long a handler may take, in milliseconds, if its caller waits that long. @default 60_000 */
  timeoutMs?: number;
  /** Nobody else serves it: what comes while it stops is handled too, for nobody would get it. @default false */
  isAlone?: boolean;
}

/** Requests with answers. */
export interface Rpc<Input, Output> {
  readonly name: string;
  /**
   * @throws VastifyError what the handler threw, as it crosses processes; `unavailable`, at once when nobody serves
   *   (`unroutable`); `deadline_exceeded`
   */
  call(input: Input, options?: RpcCallOptions): Promise<Output>;
  /** Those who serve share the requests. */
  serve(handler: (input: Input, message: Delivery) => Output | Promise<Output>, options?: ServeOptions): Subscription;
}

export function createRpc<Input, Output>(
  broker: Broker,
  name: string,
  schemas: RpcOptions<Input, Output>,
): Rpc<Input, Output> {
  expectBrokerName("the name of an rpc", name);
  const { maxPayloadBytes } = broker.options;
  // Gone with its last consumer, so that a request to nobody comes back at once.
  const declare: Declare = async (channel) => {
    await channel.assertQueue(name, { durable: true, autoDelete: true });
  };

  return {
    name,
    async call(input, { timeoutMs = 10_000, idempotent = false, tx, traceparent } = {}) {
      expectAbove0(`${name}.timeoutMs`, timeoutMs);
      const payload = schemas.input ? await checkPayload(schemas.input, input, name) : input;
      const headers = idempotent ? { [headerNames.idempotent]: true } : undefined;
      const trace = { ...(tx !== undefined && { tx }), ...(traceparent !== undefined && { traceparent }) };
      const request = compose(payload, { ...trace, deadlineMs: timeoutMs }, maxPayloadBytes, headers);
      request.properties.persistent = false;
      const reply = await broker.rpc.request(name, request, timeoutMs);
      const answer = readPayload(reply.content, reply.properties.contentType);
      if (reply.properties.type === "error") throw VastifyError.fromWire(Object(answer) as Record<string, unknown>);
      return schemas.output ? checkPayload(schemas.output, answer, name) : (answer as Output);
    },
    serve(handler, { prefetch = 50, timeoutMs = 60_000, isAlone = false } = {}) {
      expectAbove0(`${name}.prefetch`, prefetch);
      expectAbove0(`${name}.timeoutMs`, timeoutMs);
      const run = createHandlerRun<Input>(name, schemas.input, handler);
      const handle = async (raw: ConsumeMessage) => {
        const { replyTo, correlationId } = raw.properties;
        const message = new Received(raw, name, timeoutMs);
        if (message.isTooLate || typeof replyTo !== "string" || typeof correlationId !== "string") return;
        try {
          if (message.isRedelivered && message.headers[headerNames.idempotent] !== true) throw lostBefore(name);
          const result = await run(message);
          const output = schemas.output ? await checkPayload(schemas.output, result, `the answer of ${name}`) : result;
          broker.rpc.reply(replyTo, correlationId, bodyOf(output ?? null, maxPayloadBytes), false);
        } catch (err) {
          if (VastifyError.from(err).code === "internal") broker.log.error(`${name} failed`, { err, tx: message.tx });
          broker.rpc.reply(replyTo, correlationId, errorBody(err, message.tx), true);
        }
      };
      // Over the connection that the replies go by: one write for replies and acknowledgements together.
      const consumer = new Consumer(broker.outgoing, {
        ...{ queue: name, declare, prefetch, handle },
        ...{ isSerial: false, takesLast: isAlone },
      });
      const ready = broker.run(consumer);
      ready.catch(() => {});
      return { ready, stop: () => consumer.stop(broker.options.graceMs) };
    },
  };

  /** An error must reach its caller, if need be without its details. */
  function errorBody(thrown: unknown, tx: string): Body {
    const { details, ...wire } = VastifyError.toWire(thrown, tx);
    try {
      return bodyOf({ ...wire, ...(details && { details }) }, maxPayloadBytes);
    } catch (err) {
      broker.log.warn(`${name} can't tell the details of an error`, { err, tx });
      return bodyOf({ ...wire, message: wire.message.slice(0, 500) }, maxPayloadBytes);
    }
  }
}

function lostBefore(name: string): VastifyError {
  const message = `the instance of ${name} that had the request was lost over it; it may have run`;
  return new VastifyError("unavailable", message, { reason: "peer_lost" });
}
