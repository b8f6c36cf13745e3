export {
  type Endpoint,
  type InboundCall,
  type InboundHandler,
  type Outgoing,
  ownProtocol,
  ownProtocolOverTls,
  triedOnce,
} from "./inbound.js";
export { resolveTransportLimits, type TransportLimits } from "./limits.js";
export { expectIdentityKeys } from "./signed-identity.js";
export { createTransportClient, type TransportClient, type TransportClientOptions } from "./transport-client.js";
export { createTransportServer, type TransportServer, type TransportServerOptions } from "./transport-server.js";
