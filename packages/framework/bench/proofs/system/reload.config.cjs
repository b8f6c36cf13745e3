// The services of this repository under pm2, and one more gateway at GATEWAY_B_HTTP_PORT.
const { apps } = require("../../../../../ecosystem.config.js");

const gateway = apps.find(({ name }) => name === "gateway");
const HTTP_PORT = process.env.GATEWAY_B_HTTP_PORT;
module.exports = { apps: [...apps, { ...gateway, name: "gateway-b", env: { ...gateway.env, HTTP_PORT } }] };
