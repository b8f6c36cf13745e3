import { badOption, expectPort } from "../core/index.js";
import type { ConsulOptions } from "../discovery/index.js";
import type { LabelledLogOptions } from "../telemetry/index.js";
import { appDefaults, deployDefaults } from "./deploy-tool.js";

/** Where Consul is, as in 2018. `type` and `promisify` are taken and mean nothing any more. */
export interface ConsulServer {
  /** @default "127.0.0.1" */
  host?: string;
  /** @default 8500 */
  port?: number;
  /** Speaks TLS. @default false */
  secure?: boolean;
  /** Certificate authorities in PEM. @default the system's */
  ca?: string | readonly string[];
  defaults?: {
    /** ACL token. @default none */
    token?: string;
    /** Datacenter. @default the agent's own */
    dc?: string;
  };
  readonly [option: string]: unknown;
}

/** What `getInstance` takes: 2018's option names. */
export interface InstanceConfig {
  microservice?: {
    /** Added to what `/health` answers. @default {} */
    healthCheckReturn?: Readonly<Record<string, unknown>>;
    /** The address that `seneca.listen` binds when it isn't told. @default "0.0.0.0" */
    host?: string;
  };
  routing?: {
    /** No view of Consul is older than this, in milliseconds. @default 12_000 */
    servicesRefresh?: number;
  };
  /** Options for Seneca itself. */
  seneca?: Readonly<Record<string, unknown>>;
  /** A MongoDB connection is made only when this is given. */
  db?: {
    type?: string;
    /** @default "mongodb://localhost:27017" */
    address?: string;
  };
  /** Kept in the resolved config; the pm2 helpers take their options as arguments. */
  pm2?: { app?: Readonly<Record<string, unknown>>; deploy?: Readonly<Record<string, unknown>> };
  logger?: { winston?: LabelledLogOptions };
  "serverR&D"?: {
    consulServer?: ConsulServer;
    /** Kept in the resolved config; `ServerRegister.register` takes what it registers as an argument. */
    bizService?: Readonly<Record<string, unknown>>;
  };
}

export type ResolvedConfig = ReturnType<typeof resolveInstanceConfig>;

const defaultTimeoutMs = 5_000;

/** A new object each time: in 2018 all callers shared and changed one. */
export function resolveInstanceConfig(config: InstanceConfig = {}) {
  const { microservice, routing, seneca, db, pm2, logger, "serverR&D": registry } = config;
  return {
    microservice: { healthCheckReturn: { ...microservice?.healthCheckReturn }, host: microservice?.host ?? "0.0.0.0" },
    routing: { servicesRefresh: expectPositive("routing.servicesRefresh", routing?.servicesRefresh ?? 12_000) },
    seneca: { timeout: defaultTimeoutMs, ...seneca },
    db: db && { type: expectMongo(db.type), address: db.address ?? "mongodb://localhost:27017" },
    pm2: { app: { ...appDefaults(), ...pm2?.app }, deploy: { ...deployDefaults(), ...pm2?.deploy } },
    logger: { winston: { level: "info", label: "microservices", ...logger?.winston } },
    "serverR&D": {
      consulServer: {
        host: "127.0.0.1",
        port: 8500,
        secure: false,
        ...registry?.consulServer,
        defaults: { ...registry?.consulServer?.defaults },
      },
      bizService: { ...registry?.bizService },
    },
  };
}

/** @throws VastifyError `invalid_argument`, reason `bad_option` */
export function consulOptionsOf(server: ConsulServer = {}): ConsulOptions {
  const { host = "127.0.0.1", port = 8500, secure = false, ca = [], defaults = {} } = server;
  if (typeof host !== "string" || host === "") throw badOption("consulServer.host", host, "a host name or address");
  const shownHost = host.includes(":") ? `[${host}]` : host;
  const authorities = [ca].flat().join("\n");
  return {
    address: `${secure ? "https" : "http"}://${shownHost}:${expectPort("consulServer.port", port)}`,
    ...(defaults.token && { token: defaults.token }),
    ...(defaults.dc && { datacenter: defaults.dc }),
    ...(authorities !== "" && { ca: authorities }),
  };
}

function expectPositive(name: string, value: unknown): number {
  if (typeof value === "number" && value > 0) return value;
  throw badOption(name, value, "a number above 0");
}

function expectMongo(type: unknown = "mongodb"): "mongodb" {
  if (type === "mongodb") return type;
  throw badOption("db.type", type, '"mongodb"');
}
