import { defineSystem } from "../../src/deploy/system.js";

/** A system with everything that a manifest may say. */
export const shop = defineSystem({
  name: "shop",
  environment: { CURRENCY: { value: "EUR" } },
  build: { workspaces: ["packages/prices"] },
  services: {
    stock: {
      entry: "services/stock/dist/main.js",
      workspace: "services/stock",
      version: "1.2.3",
      httpPort: 3333,
      microservicePort: 10_015,
      instances: 3,
      needs: ["mongodb", "rabbitmq", "redis"],
      environment: { PAYMENT_KEY: { secret: true }, DEMO: { production: "false" } },
    },
    gateway: {
      entry: "services/gateway/dist/main.js",
      workspace: "services/gateway",
      version: "2.0.0",
      httpPort: 3000,
    },
  },
  edge: { service: "gateway", serverNames: ["shop.example"] },
  hosts: {
    production: { host: "app.example", repository: "git@git.example:shop.git", path: "/apps/shop" },
  },
});
