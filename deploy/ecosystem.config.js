// Written by `vastify generate` from vastify.config: change that, not this.
//
//   pm2 start ecosystem.config.js [--env production]
//   pm2 deploy production setup         once for each host
//   pm2 deploy production               each release
//
// They need Consul (CONSUL_HTTP_ADDR), and what each service's variables name.
// CONFIG_SERVER_INSTANCES, ACCOUNT_SERVER_INSTANCES, GATEWAY_INSTANCES say how many workers a service has:
// 1, more, or "max" for one per core. From two on they are a cluster that shares the HTTP port, and a reload loses no request.
const { resolve } = require("node:path");

/** Handed on to every service when set; `serviceEnv` says what they mean. */
const common = [
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
];

/**
 * Those of the variables that are set here, or whose files are: then a value of the manifest, or one that pm2 has kept,
 * counts for nothing.
 */
function given(names) {
  const settings = {};
  for (const name of names) {
    const [value, file] = [process.env[name], process.env[`${name}_FILE`]];
    if (value || file) settings[name] = value || "";
    if (file) settings[`${name}_FILE`] = file;
  }
  return settings;
}

/** A value and a file of one variable are refused, so the value takes the place of a file that pm2 has kept. */
function inPlaceOfFiles(settings) {
  const valued = Object.keys(settings).filter((name) => settings[name] !== "" && !/^NODE_ENV$|_FILE$/.test(name));
  return { ...Object.fromEntries(valued.map((name) => [`${name}_FILE`, ""])), ...settings };
}

/** How long the services may take to leave: callers notice, then requests in flight finish. They know the same defaults. */
const leavingMs = ({ DRAIN_NOTICE_MS, DRAIN_GRACE_MS }) =>
  Number(DRAIN_NOTICE_MS || 1_000) + Number(DRAIN_GRACE_MS || 10_000);

/** In fork mode nothing listens between a process and its successor, so only a cluster can be reloaded without loss. */
function workers(variable, instances) {
  const wanted = process.env[variable] || instances;
  if (wanted !== "max" && !/^[1-9]\d{0,2}$/.test(wanted))
    throw new Error(`${variable} must be a number of instances, or max; got ${JSON.stringify(wanted)}`);
  if (wanted === "1") return { exec_mode: "fork", instances: 1 };
  return { exec_mode: "cluster", instances: wanted === "max" ? "max" : Number(wanted) };
}

/** Variables that are set here come before those of the manifest. */
function app({ name, script, instances, maxMemoryMb, ports, variables, values, production }) {
  const prefix = name.toUpperCase().replaceAll("-", "_");
  const env = inPlaceOfFiles({ ...values, ...given([...common, ...variables]) });
  for (const [variable, port] of Object.entries(ports)) env[variable] = process.env[`${prefix}_${variable}`] || port;
  const names = Object.keys(production).filter((variable) => variable !== "NODE_ENV");
  const envProduction = inPlaceOfFiles({ ...production, ...given(names) });
  return {
    name,
    script,
    cwd: resolve(__dirname, ".."),
    ...workers(`${prefix}_INSTANCES`, instances),
    // A service says "ready" once it is registered, and gives its start up after 30 s.
    wait_ready: true,
    listen_timeout: 35_000,
    // Consul gets 2 s to hear of it, and the service's parts get as much to end.
    kill_timeout: leavingMs({ ...env, ...envProduction }) + 4_000,
    exp_backoff_restart_delay: 200,
    max_memory_restart: `${maxMemoryMb}M`,
    env,
    env_production: envProduction,
  };
}

module.exports = {
  apps: [
    app({
      name: "config-server",
      script: "services/config-server/dist/main.js",
      instances: "1",
      maxMemoryMb: 512,
      ports: { HTTP_PORT: 3331, MICROSERVICE_PORT: 10011 },
      variables: [],
      values: {},
      production: { NODE_ENV: "production", LOG_FORMAT: "json" },
    }),
    app({
      name: "account-server",
      script: "services/account-server/dist/main.js",
      instances: "1",
      maxMemoryMb: 512,
      ports: { HTTP_PORT: 3333, MICROSERVICE_PORT: 10015 },
      variables: [
        "MONGODB_URI",
        "REDIS_URL",
        "AMQP_URL",
        "CONFIG_SERVER_VERSION",
        "SEED_DEMO_USERS",
        "SESSION_SECRET",
        "SESSION_HOURS",
        "SESSION_COOKIE_SECURE",
        "SETTINGS_SNAPSHOT",
      ],
      values: {},
      production: { NODE_ENV: "production", LOG_FORMAT: "json", SEED_DEMO_USERS: "false" },
    }),
    app({
      name: "gateway",
      script: "services/gateway/dist/main.js",
      instances: "1",
      maxMemoryMb: 512,
      ports: { HTTP_PORT: 3000 },
      variables: ["SESSION_SECRET", "OPEN_ROUTES", "GRAPHQL", "GRAPHQL_INTROSPECTION", "TRUST_PROXY"],
      values: {},
      production: { NODE_ENV: "production", LOG_FORMAT: "json", TRUST_PROXY: "1" },
    }),
  ],
  deploy: {
    production: {
      user: "deploy",
      host: ["app-1.vastify.example", "app-2.vastify.example"],
      ssh_options: ["StrictHostKeyChecking=accept-new"],
      ref: "origin/master",
      repo: "https://git.vastify.example/vastify.git",
      path: "/home/deploy/vastify",
      "post-deploy": "bash deploy/release.sh production",
    },
  },
};
