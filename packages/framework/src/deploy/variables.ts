import type { Need } from "./system-schema.js";

/** What the framework reads in every service (`serviceEnv`), where it is the same for all processes of a host. */
export const commonVariables = [
  "HOST",
  "ADVERTISE_HOST",
  "CONSUL_HTTP_ADDR",
  "CONSUL_HTTP_TOKEN",
  "CONSUL_DATACENTER",
  "CONSUL_CONSISTENCY",
  "ZONE",
  "LOG_LEVEL",
  "LOG_FORMAT",
  "DRAIN_NOTICE_MS",
  "DRAIN_GRACE_MS",
  "IDENTITY_KEYS",
  "BUSY_POLL_US",
  "CHAOS",
] as const;

/** Where a service finds what it needs. */
export const addressVariables: Readonly<Record<Need, string>> = {
  mongodb: "MONGODB_URI",
  rabbitmq: "AMQP_URL",
  redis: "REDIS_URL",
};

/** Logs in production are read by machines. */
export const productionVariables = { NODE_ENV: "production", LOG_FORMAT: "json" } as const;

/** For the service behind nginx, which tells it by `X-Forwarded-For` who asks. */
export const behindOneProxy = { TRUST_PROXY: "1" } as const;
