import type { Logger } from "../core/index.js";
import { connectConsul, createRegistration, type Registration } from "../discovery/index.js";
import { ownProtocol, ownProtocolOverTls } from "../transport/index.js";
import type { ResolvedServiceOptions } from "./service-options.js";

/** What Consul will know of a process that listens. */
export function registrationOf(
  options: ResolvedServiceOptions,
  instance: { id: string; ports: { http: number; microservice: number | null }; description: string },
  log: Logger,
): Registration {
  const { id, ports, description } = instance;
  const { name, version, advertise, consul, peers, zone, callQueue } = options;
  const { tags = [], checkIntervalSeconds, renewMs } = consul;
  return createRegistration({
    consul: connectConsul(consul),
    registrant: {
      name,
      version,
      id,
      host: advertise,
      httpPort: ports.http,
      microservicePort: ports.microservice,
      tags,
      protocols: [peers.tls ? ownProtocolOverTls : ownProtocol],
      description,
      ...(callQueue?.serve && { notes: { callQueue: callQueueOf(id) } }),
      ...(zone !== undefined && { zone }),
    },
    log,
    ...(checkIntervalSeconds !== undefined && { checkIntervalSeconds }),
    ...(renewMs !== undefined && { renewMs }),
  });
}

/** The queue of one process: an instance's id, in characters that names at the broker may have. */
export function callQueueOf(instance: string): string {
  return `vastify.calls.${instance.replace("@", ".")}`;
}
