import type { ResolvedServiceOptions } from "./service-options.js";

/** Where a process listens; 0 is any free port. */
export interface ListeningPorts {
  readonly http: number;
  /** Served too, together with the other workers of the cluster. */
  readonly sharedHttp: number | undefined;
  readonly microservice: number;
}

/**
 * The workers of a cluster get the same options and would share every port that these name; yet each of them is an
 * instance of its own, which calls and health checks must reach by itself. So a worker's own ports are free ones, and
 * the HTTP port of the options is the one that all workers share. docs/decisions/0009-cluster-workers.md
 */
export function listeningPorts(
  { http, microservice }: Pick<ResolvedServiceOptions, "http" | "microservice">,
  isClusterWorker: boolean,
): ListeningPorts {
  if (!isClusterWorker) return { http: http.port, sharedHttp: undefined, microservice: microservice?.port ?? 0 };
  return { http: 0, sharedHttp: http.port === 0 ? undefined : http.port, microservice: 0 };
}
