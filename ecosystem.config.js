// The three services under pm2: `npm run build`, then `pm2 start ecosystem.config.js [--env production]`.
// They need Consul and MongoDB: CONSUL_HTTP_ADDR (127.0.0.1:8500) and MONGODB_URI (mongodb://127.0.0.1:27017/vastify).
// CONFIG_SERVER_INSTANCES, ACCOUNT_SERVER_INSTANCES and GATEWAY_INSTANCES say how many workers a service has: 1, more,
// or "max" for one per core. From two on they are a cluster that shares the HTTP port, and `pm2 reload` loses no request.

/** Handed on to the services when set; each service's src/config.ts says what they mean. */
const shared = [
  "HOST",
  "ADVERTISE_HOST",
  "CONSUL_HTTP_ADDR",
  "CONSUL_HTTP_TOKEN",
  "CONSUL_DATACENTER",
  "CONSUL_CONSISTENCY",
  "ZONE",
  "LOG_LEVEL",
  "LOG_FORMAT",
  "MONGODB_URI",
  "DRAIN_NOTICE_MS",
  "DRAIN_GRACE_MS",
  "REDIS_URL",
  "AMQP_URL",
  "CONFIG_SERVER_VERSION",
  "SEED_DEMO_USERS",
  "IDENTITY_KEYS",
  "SESSION_SECRET",
  "SESSION_HOURS",
  "SESSION_COOKIE_SECURE",
  "OPEN_ROUTES",
  "TRUST_PROXY",
];

const given = (names) =>
  Object.fromEntries(names.filter((name) => process.env[name]).map((name) => [name, process.env[name]]));

/** How long the services may take to leave: callers notice, then requests in flight finish. They know the same defaults. */
const leavingMs = Number(process.env.DRAIN_NOTICE_MS || 1_000) + Number(process.env.DRAIN_GRACE_MS || 10_000);

/** In fork mode nothing listens between a process and its successor, so only a cluster can be reloaded without loss. */
function workers(variable) {
  const wanted = process.env[variable] || "1";
  if (wanted !== "max" && !/^[1-9]\d{0,2}$/.test(wanted))
    throw new Error(`${variable} must be a number of instances, or max; got ${JSON.stringify(wanted)}`);
  if (wanted === "1") return { exec_mode: "fork", instances: 1 };
  return { exec_mode: "cluster", instances: wanted === "max" ? "max" : Number(wanted) };
}

function app(name, ports) {
  const prefix = name.toUpperCase().replaceAll("-", "_");
  const env = { ...given(shared) };
  for (const [variable, port] of Object.entries(ports)) env[variable] = process.env[`${prefix}_${variable}`] || port;
  return {
    name,
    script: `services/${name}/dist/main.js`,
    cwd: __dirname,
    ...workers(`${prefix}_INSTANCES`),
    // A service says "ready" once it is registered, and gives its start up after 30 s.
    wait_ready: true,
    listen_timeout: 35_000,
    // Consul gets 2 s to hear of it, and the service's parts get as much to end.
    kill_timeout: leavingMs + 4_000,
    exp_backoff_restart_delay: 200,
    env,
    // No users with passwords that everybody knows, and logs for machines, unless the environment says otherwise.
    env_production: {
      NODE_ENV: "production",
      LOG_FORMAT: "json",
      SEED_DEMO_USERS: "false",
      ...given(["LOG_FORMAT", "SEED_DEMO_USERS"]),
    },
  };
}

module.exports = {
  apps: [
    app("config-server", { HTTP_PORT: 3331, MICROSERVICE_PORT: 10011 }),
    app("account-server", { HTTP_PORT: 3333, MICROSERVICE_PORT: 10015 }),
    app("gateway", { HTTP_PORT: 3000 }),
  ],
};
