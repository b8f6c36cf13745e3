// The services of this repository under pm2, with more gateways: a second cluster, and two single processes.
const { apps } = require("../../../../../ecosystem.config.js");

const gateway = apps.find(({ name }) => name === "gateway");

/** How much longer than usual a single process serves on, as a balancer needs time to see that it is leaving. */
const moreNoticeMs = 2_000;

function another(name) {
  const HTTP_PORT = process.env[`${name.toUpperCase().replaceAll("-", "_")}_HTTP_PORT`];
  return { ...gateway, name, env: { ...gateway.env, HTTP_PORT } };
}

function single(name) {
  const app = another(name);
  return {
    ...app,
    exec_mode: "fork",
    instances: 1,
    kill_timeout: app.kill_timeout + moreNoticeMs,
    env: { ...app.env, DRAIN_NOTICE_MS: 1_000 + moreNoticeMs },
  };
}

module.exports = { apps: [...apps, another("gateway-b"), single("gateway-c"), single("gateway-d")] };
