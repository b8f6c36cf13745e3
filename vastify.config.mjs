// What this repository's system consists of. `npx vastify generate` writes ecosystem.config.js and deploy/ from it.
import { readFileSync } from "node:fs";
import { defineSystem } from "vastify/deploy";

const versionOf = (service) =>
  JSON.parse(readFileSync(new URL(`services/${service}/package.json`, import.meta.url), "utf8")).version;

export default defineSystem({
  name: "vastify",
  build: { workspaces: ["packages/framework", "packages/backends"] },
  services: {
    "config-server": {
      entry: "services/config-server/dist/main.js",
      workspace: "services/config-server",
      version: versionOf("config-server"),
      httpPort: 3331,
      microservicePort: 10_011,
    },
    "account-server": {
      entry: "services/account-server/dist/main.js",
      workspace: "services/account-server",
      version: versionOf("account-server"),
      httpPort: 3333,
      microservicePort: 10_015,
      needs: ["mongodb", "redis", "rabbitmq"],
      environment: {
        CONFIG_SERVER_VERSION: {},
        // No users with passwords that everybody knows.
        SEED_DEMO_USERS: { production: "false" },
        SESSION_SECRET: { secret: true },
        SESSION_HOURS: {},
        SESSION_COOKIE_SECURE: {},
        SETTINGS_SNAPSHOT: {},
      },
    },
    gateway: {
      entry: "services/gateway/dist/main.js",
      workspace: "services/gateway",
      version: versionOf("gateway"),
      httpPort: 3000,
      environment: {
        SESSION_SECRET: { secret: true },
        OPEN_ROUTES: {},
        GRAPHQL: {},
        GRAPHQL_INTROSPECTION: {},
        TRUST_PROXY: {},
      },
    },
  },
  edge: { service: "gateway", serverNames: ["vastify.example"] },
  hosts: {
    production: {
      host: ["app-1.vastify.example", "app-2.vastify.example"],
      repository: "https://git.vastify.example/vastify.git",
      path: "/home/deploy/vastify",
    },
  },
});
