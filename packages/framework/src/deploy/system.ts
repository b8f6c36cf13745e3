import { readSystem } from "./read-system.js";
import type { CompleteSystem, Need } from "./system-schema.js";

export type { Need } from "./system-schema.js";

/** What a system consists of, and how its services are started: the one source of everything under `deploy/`. */
export interface SystemDeclaration {
  /** Names images, namespaces and upstreams: lower-case letters, digits and dashes. */
  readonly name: string;
  /** By their names, in the order in which they start. Names of servers (`consul`, `redis`, …) are theirs. */
  readonly services: Readonly<Record<string, ServiceDeclaration>>;
  /** Variables that every service takes beside those of the framework. @default {} */
  readonly environment?: Readonly<Record<string, VariableDeclaration>> | undefined;
  readonly build?: BuildDeclaration | undefined;
  /** The nginx in front. @default none */
  readonly edge?: EdgeDeclaration | undefined;
  /**
   * How services find each other in Kubernetes: by Consul, or by DNS alone, with headless Services, and then without what
   * stands in Consul's KV. Elsewhere it is Consul. @default "consul"
   */
  readonly discovery?: "consul" | "dns" | undefined;
  /** Where `pm2 deploy NAME` puts releases, by names such as `production`. @default {} */
  readonly hosts?: Readonly<Record<string, HostsDeclaration>> | undefined;
}

export interface ServiceDeclaration {
  /** The file that starts it, relative to the manifest. */
  readonly entry: string;
  /** The folder of its npm workspace, in a repository of several. @default the repository itself */
  readonly workspace?: string | undefined;
  /** Its semver; names its image. */
  readonly version: string;
  /** Where it serves REST and `/health`. */
  readonly httpPort: number;
  /** Where it answers calls. Left out by a service that answers none, such as a gateway. */
  readonly microservicePort?: number | undefined;
  /** Processes on each host; "max" is one per core. From two on they can be replaced without a lost request. @default 1 */
  readonly instances?: number | "max" | undefined;
  /** A process that holds more than this many megabytes is replaced. @default 512 */
  readonly maxMemoryMb?: number | undefined;
  /** The servers that it can't do without, beside Consul: their addresses come in MONGODB_URI, AMQP_URL and REDIS_URL. @default [] */
  readonly needs?: readonly Need[] | undefined;
  /** Variables of this service alone. @default {} */
  readonly environment?: Readonly<Record<string, VariableDeclaration>> | undefined;
}

/**
 * An environment variable. One that is set where the system is started is handed on, whatever stands here. What other fields
 * say (`httpPort`, `microservicePort`, the addresses of `needs`) and what is each host's own (CONSUL_HTTP_ADDR,
 * ADVERTISE_HOST) has no value here.
 */
export interface VariableDeclaration {
  /** @default none */
  readonly value?: string | undefined;
  /** What it is in production. @default `value` */
  readonly production?: string | undefined;
  /** Must not stand in files that everybody reads. @default false */
  readonly secret?: boolean | undefined;
}

/** How a checkout becomes what runs. */
export interface BuildDeclaration {
  /** @default "npm ci" */
  readonly install?: string | undefined;
  /** It is installed anew when this file has changed. @default "package-lock.json" */
  readonly lockFile?: string | undefined;
  /** @default "npm run build" */
  readonly compile?: string | undefined;
  /** What must hold before a release. @default "npm test" */
  readonly test?: string | undefined;
  /** Installs only what runs; a service's ` --workspace …` comes behind it. @default "npm ci --omit=dev" */
  readonly installForImage?: string | undefined;
  /** The folders of npm workspaces beside those of the services. @default [] */
  readonly workspaces?: readonly string[] | undefined;
  /** The major version of Node.js in images and pipelines. @default 22 */
  readonly nodeMajor?: number | undefined;
}

/** An nginx that stands between the world and one service, and is the only proxy before it. */
export interface EdgeDeclaration {
  /** Who answers: the gateway. In production it is told by TRUST_PROXY that one proxy stands before it. */
  readonly service: string;
  /** @default ["_"], whatever it is asked by */
  readonly serverNames?: readonly string[] | undefined;
  /** Where it listens for plain HTTP. @default 80 */
  readonly httpPort?: number | undefined;
  /** Listens by IPv6 too; nginx does not start with it where the machine has none. @default false */
  readonly ipv6?: boolean | undefined;
  /** With it HTTPS and HTTP/2 are served, and whoever comes by plain HTTP is sent there. @default none */
  readonly tls?: TlsDeclaration | undefined;
}

export interface TlsDeclaration {
  /** The file of the certificate and its chain, in PEM; absolute. */
  readonly certificate: string;
  /** The file of its private key; absolute. */
  readonly key: string;
  /** @default 443 */
  readonly port?: number | undefined;
}

/** The hosts of one environment. None of these texts may hold quotes: pm2 deploy hands them to a shell. */
export interface HostsDeclaration {
  /** @default "deploy" */
  readonly user?: string | undefined;
  readonly host: string | readonly string[];
  /** @default 22 */
  readonly port?: number | undefined;
  /** The file of the private key. @default the one that ssh takes */
  readonly key?: string | undefined;
  /** Options of ssh, such as "BatchMode=yes". @default [] */
  readonly sshOptions?: readonly string[] | undefined;
  /** The git repository, as the hosts reach it. */
  readonly repository: string;
  /** What is released. @default "origin/master" */
  readonly ref?: string | undefined;
  /** The folder on the hosts; absolute. */
  readonly path: string;
}

/** A system with everything filled in. */
export type System = CompleteSystem;
export type SystemEdge = NonNullable<System["edge"]>;
export type SystemService = System["services"][string];

/**
 * Declares a system, in `vastify.config.mjs`:
 *
 * @example
 * export default defineSystem({
 *   name: "shop",
 *   services: {
 *     stock: { entry: "services/stock/dist/main.js", version: "1.0.0", httpPort: 3333, microservicePort: 10_015 },
 *   },
 * });
 * @throws VastifyError `invalid_argument`, reason `bad_option`, naming what is wrong
 */
export function defineSystem(declaration: SystemDeclaration): System {
  return readSystem(declaration);
}
