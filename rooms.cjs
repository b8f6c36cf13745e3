/** Who may import whom in packages/framework/src. docs/architecture.md draws it; a new arrow needs a decision record. */
module.exports = {
  core: { rooms: [], packages: [] },
  contracts: { rooms: ["core"], packages: ["zod"] },
  resilience: { rooms: ["core"], packages: [] },
  discovery: { rooms: ["core"], packages: ["consul", "zod"] },
  transport: { rooms: ["core"], packages: [] },
  dispatch: { rooms: ["core", "contracts"], packages: ["seneca", "patrun", "bluebird"] },
  routing: { rooms: ["core", "discovery", "resilience", "transport", "dispatch"], packages: ["semver"] },
  web: {
    rooms: ["core", "contracts", "resilience", "dispatch"],
    packages: ["koa", "koa-router", "@types/koa", "@types/koa-router", "seneca-web", "seneca-web-adapter-koa2", "zod"],
  },
  messaging: { rooms: ["core"], packages: ["amqplib"] },
  storage: { rooms: ["core"], packages: ["mongoose", "ioredis"] },
  telemetry: { rooms: ["core"], packages: ["winston"] },
  service: {
    rooms: ["core", "contracts", "discovery", "transport", "dispatch", "routing", "telemetry", "web", "resilience"],
    packages: ["zod"],
  },
  compat: {
    rooms: [
      "core",
      "contracts",
      "discovery",
      "dispatch",
      "routing",
      "service",
      "storage",
      "telemetry",
      "web",
      "devtools",
    ],
    packages: [],
  },
  devtools: { rooms: ["core", "contracts", "discovery", "service", "telemetry"], packages: [] },
};
