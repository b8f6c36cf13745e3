export { BusyPoll } from "./busy-poll.js";
export type { CallCarrier } from "./call-carrier.js";
export {
  type Endpoint,
  type InboundCall,
  type InboundHandler,
  type Line,
  type Outgoing,
  ownProtocol,
  ownProtocolOverTls,
  triedOnce,
} from "./inbound.js";
export { resolveTransportLimits, type TransportLimits, transportLimitNames } from "./limits.js";
export { createQueueServer, type QueueServer } from "./queue-server.js";
export { expectIdentityKeys } from "./signed-identity.js";
export { createTransportClient, type TransportClient, type TransportClientOptions } from "./transport-client.js";
export { createTransportServer, type TransportServer, type TransportServerOptions } from "./transport-server.js";
