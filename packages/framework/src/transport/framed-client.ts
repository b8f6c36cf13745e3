import { encodedFor } from "./encoded.js";
import { FramedConnection, type FramedConnectionOptions } from "./framed-connection.js";
import type { Endpoint, Line, Outgoing } from "./inbound.js";

export interface FramedClient {
  to(endpoint: Endpoint): Line;
  close(): void;
}

/** Calls peers by our own protocol, over one long-lived connection to each. */
export function createFramedClient(options: FramedConnectionOptions): FramedClient {
  const connections = new Map<string, FramedConnection>();
  /** With those that their peers are leaving. */
  const all = new Set<FramedConnection>();

  function connectionTo(endpoint: Endpoint): FramedConnection {
    const key = `${endpoint.host} ${endpoint.port}`;
    let connection = connections.get(key);
    if (!connection?.usable) {
      connection = new FramedConnection(endpoint, options);
      connections.set(key, connection);
      all.add(connection);
      const opened = connection;
      opened.onClose = () => {
        all.delete(opened);
        if (connections.get(key) === opened) connections.delete(key);
      };
    }
    return connection;
  }

  return {
    to: (endpoint) => new FramedLine(endpoint, connectionTo),
    close() {
      for (const connection of all) connection.destroy();
      connections.clear();
    },
  };
}

/** Remembers the connection, so that the usual call need not look for it. */
class FramedLine implements Line {
  private readonly endpoint: Endpoint;
  private readonly connectionTo: (endpoint: Endpoint) => FramedConnection;
  private connection: FramedConnection | undefined = undefined;

  constructor(endpoint: Endpoint, connectionTo: (endpoint: Endpoint) => FramedConnection) {
    this.endpoint = endpoint;
    this.connectionTo = connectionTo;
  }

  send(outgoing: Outgoing): void {
    const message = encodedFor(outgoing);
    if (!message) return;
    if (!this.connection?.usable) this.connection = this.connectionTo(this.endpoint);
    this.connection.send(message, outgoing);
  }
}
