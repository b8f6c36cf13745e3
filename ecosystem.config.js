// The three services under pm2: `npm run build`, then `pm2 start ecosystem.config.js [--env production]`.
// They need Consul and MongoDB: CONSUL_HTTP_ADDR (127.0.0.1:8500) and MONGODB_URI (mongodb://127.0.0.1:27017/vastify).

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
  "REDIS_URL",
  "CONFIG_SERVER_VERSION",
  "SEED_DEMO_USERS",
];

const given = (names) =>
  Object.fromEntries(names.filter((name) => process.env[name]).map((name) => [name, process.env[name]]));

function app(name, ports) {
  const prefix = name.toUpperCase().replaceAll("-", "_");
  const env = { ...given(shared) };
  for (const [variable, port] of Object.entries(ports)) env[variable] = process.env[`${prefix}_${variable}`] || port;
  return {
    name,
    script: `services/${name}/dist/main.js`,
    cwd: __dirname,
    exec_mode: "fork",
    instances: 1,
    // A service says "ready" once it is registered. It gives its start up after 30 s, and its stop after 1 s for
    // callers to notice and 10 s for requests in flight.
    wait_ready: true,
    listen_timeout: 35_000,
    kill_timeout: 15_000,
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
