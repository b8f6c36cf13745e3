export type { Endpoint, InboundCall, InboundHandler } from "./inbound.js";
export { createTransportClient, type TransportClient, type TransportClientOptions } from "./seneca-http-client.js";
export { createTransportServer, type TransportServer, type TransportServerOptions } from "./seneca-http-server.js";
