// The services of this repository under pm2, with more gateways: a second cluster, and two single processes.
const { apps } = require("../../../../../ecosystem.config.js");

const gateway = apps.find(({ name }) => name === "gateway");
const another = (name, variable, more) => ({
  ...gateway,
  name,
  env: { ...gateway.env, HTTP_PORT: process.env[variable] },
  ...more,
});
const single = { exec_mode: "fork", instances: 1 };

module.exports = {
  apps: [
    ...apps,
    another("gateway-b", "GATEWAY_B_HTTP_PORT"),
    another("gateway-c", "GATEWAY_C_HTTP_PORT", single),
    another("gateway-d", "GATEWAY_D_HTTP_PORT", single),
  ],
};
