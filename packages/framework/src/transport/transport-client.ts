import type { ConnectionOptions } from "node:tls";
import { VastifyError } from "../core/index.js";
import type { BusyPoll } from "./busy-poll.js";
import type { CallCarrier } from "./call-carrier.js";
import { encodedFor } from "./encoded.js";
import { createFramedClient } from "./framed-client.js";
import { type Endpoint, type Line, type Outgoing, ownProtocol, ownProtocolOverTls } from "./inbound.js";
import { createQueueClient } from "./queue-client.js";
import { noAttachments as noQueuedAttachments } from "./queue-server.js";
import { createSenecaHttpClient } from "./seneca-http-client.js";
import { createIdentitySeal } from "./signed-identity.js";

export interface TransportClientOptions {
  /** What peers want to hear before they answer. @default none */
  secret?: string | undefined;
  /** Speak TLS with peers that speak our own protocol; with `cert` and `key` also say who we are. @default plain */
  tls?: ConnectionOptions | undefined;
  /** The largest reply, in bytes. @default 16_777_216 */
  maxBytes?: number;
  /** How long a peer may be silent before it is asked whether it lives, in milliseconds. @default 10_000 */
  heartbeatMs?: number;
  /** How long a peer may take to be connected and to greet, in milliseconds. @default 3_000 */
  connectTimeoutMs?: number;
  /**
   * The first signs who a call is made for, for peers that speak our own protocol: others could not check it.
   * @default none: nobody is told
   */
  identityKeys?: readonly string[] | undefined;
  /** Keeps the event loop awake while an answer may come soon. @default it sleeps */
  poll?: BusyPoll | undefined;
  /** Reaches peers by their queues. @default none */
  carrier?: CallCarrier | undefined;
  /** Call through queues whoever has one, not only who has no port. @default false */
  prefersQueues?: boolean | undefined;
}

export interface TransportClient {
  /** The way to a peer, by the best protocol that it speaks. Nothing is connected before the first call. */
  to(endpoint: Endpoint): Line;
  close(): void;
}

/** Calls each peer by the best protocol that it speaks: our own, else Seneca's HTTP. */
export function createTransportClient(options: TransportClientOptions = {}): TransportClient {
  const { secret, tls, maxBytes = 16_777_216, heartbeatMs = 10_000, connectTimeoutMs = 3_000 } = options;
  const seal = createIdentitySeal(options.identityKeys ?? []);
  const { poll } = options;
  const framed = createFramedClient({ secret, tls, maxBytes, heartbeatMs, connectTimeoutMs, seal, poll });
  const http = createSenecaHttpClient(maxBytes);
  const { carrier, prefersQueues = false } = options;
  const queues = carrier && createQueueClient(carrier, seal);

  function to(endpoint: Endpoint): Line {
    const { queue, port } = endpoint;
    if (queue !== undefined && (port === 0 || (queues && prefersQueues))) {
      if (!queues) return { send: (outgoing) => outgoing.failed(noCarrier(queue)) };
      return textOnly((json, outgoing) => queues.send(queue, json, outgoing), noQueuedAttachments);
    }
    if (speaksOurs(endpoint)) return framed.to(endpoint);
    return textOnly(
      (json, outgoing) => http.send(endpoint, json, outgoing),
      () => noAttachments(endpoint),
    );
  }

  return {
    to,
    close() {
      framed.close();
      http.close();
    },
  };
}

/** For protocols that carry neither bytes nor streams. */
function textOnly(send: (json: string, outgoing: Outgoing) => void, refusal: () => VastifyError): Line {
  return {
    send(outgoing) {
      const message = encodedFor(outgoing);
      if (message?.attachments) outgoing.failed(refusal());
      else if (message) send(message.json, outgoing);
    },
  };
}

function speaksOurs({ protocols }: Endpoint): boolean {
  return protocols.includes(ownProtocol) || protocols.includes(ownProtocolOverTls);
}

function noCarrier(queue: string): VastifyError {
  const text = `the peer takes calls only through ${queue}, and this service has no broker: set its option callQueue`;
  return new VastifyError("failed_precondition", text, { reason: "no_carrier" });
}

function noAttachments({ host, port }: Endpoint): VastifyError {
  const text = `the peer at ${host}:${port} speaks only Seneca's HTTP protocol, which carries neither bytes nor streams`;
  return new VastifyError("invalid_argument", text, { reason: "no_attachments" });
}
