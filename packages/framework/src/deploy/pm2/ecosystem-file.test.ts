import { createRequire } from "node:module";
import vm from "node:vm";
import { describe, expect, it } from "vitest";
import { defineSystem } from "../system.js";
import { ecosystemFile } from "./ecosystem-file.js";

const system = defineSystem({
  name: "shop",
  environment: { CURRENCY: { value: "EUR" } },
  services: {
    "stock-server": {
      entry: "stock/main.js",
      version: "1.0.0",
      httpPort: 3333,
      microservicePort: 10_015,
      needs: ["mongodb"],
      environment: { SEED: { production: "false" } },
    },
    gateway: { entry: "gateway/main.js", version: "1.0.0", httpPort: 3000, instances: 2 },
  },
  hosts: {
    production: {
      host: "app.example",
      port: 2222,
      key: "~/.ssh/deploy",
      sshOptions: ["BatchMode=yes"],
      repository: "git@git.example:shop.git",
      path: "/apps/shop",
    },
  },
});

interface Ecosystem {
  apps: { name: string; instances: unknown; exec_mode: string; env: unknown; env_production: unknown }[];
  deploy: unknown;
}

/** What pm2 gets from the file where these variables are set. */
function loadedWith(env: Record<string, string>, of = system): Ecosystem {
  const module = { exports: {} as Ecosystem };
  const scope = {
    module,
    process: { env },
    require: createRequire(import.meta.url),
    __dirname: "/apps/shop/source/deploy",
  };
  vm.runInNewContext(ecosystemFile(of, "commonjs").text, scope);
  return JSON.parse(JSON.stringify(module.exports)) as Ecosystem;
}

describe("the generated ecosystem file", () => {
  it("starts each service from the repository's folder, and waits until it is ready and until it has left", () => {
    expect(loadedWith({}).apps[0]).toEqual({
      name: "stock-server",
      script: "stock/main.js",
      cwd: "/apps/shop/source",
      exec_mode: "fork",
      instances: 1,
      wait_ready: true,
      listen_timeout: 35_000,
      kill_timeout: 15_000,
      exp_backoff_restart_delay: 200,
      max_memory_restart: "512M",
      env: { CURRENCY: "EUR", CURRENCY_FILE: "", HTTP_PORT: 3333, MICROSERVICE_PORT: 10_015 },
      env_production: {
        ...{ NODE_ENV: "production", LOG_FORMAT: "json", LOG_FORMAT_FILE: "" },
        ...{ SEED: "false", SEED_FILE: "" },
      },
    });
  });

  it("hands on what is set, before the manifest's own values", () => {
    const set = { CURRENCY: "CHF", SEED: "true", MONGODB_URI: "mongodb://db", STOCK_SERVER_HTTP_PORT: "1", OTHER: "x" };
    const [stock, gateway] = loadedWith(set).apps;
    expect(stock).toMatchObject({
      env: { CURRENCY: "CHF", SEED: "true", MONGODB_URI: "mongodb://db", HTTP_PORT: "1" },
      env_production: { SEED: "true" },
    });
    expect(gateway?.env).toMatchObject({ CURRENCY: "CHF", HTTP_PORT: 3000 });
  });

  it("hands on the file of a variable, in place of the manifest's value and of what pm2 knows from before", () => {
    const [stock] = loadedWith({
      MONGODB_URI_FILE: "/run/uri",
      CURRENCY_FILE: "/run/currency",
      SEED_FILE: "/run/seed",
    }).apps;
    expect(stock).toMatchObject({
      env: { MONGODB_URI: "", MONGODB_URI_FILE: "/run/uri", CURRENCY: "", CURRENCY_FILE: "/run/currency" },
      env_production: { SEED: "", SEED_FILE: "/run/seed" },
    });
  });

  it.each([
    ["a value that is set", { MONGODB_URI: "mongodb://db" }, { MONGODB_URI: "mongodb://db", MONGODB_URI_FILE: "" }],
    ["the manifest's value", {}, { CURRENCY: "EUR", CURRENCY_FILE: "" }],
  ])("puts %s in the place of a file that pm2 knows from before", (_what, set, env) => {
    expect(loadedWith(set).apps[0]).toMatchObject({ env });
  });

  it("leaves time for a longer drain of the manifest's", () => {
    const patient = defineSystem({ ...system, environment: { DRAIN_GRACE_MS: { production: "60000" } } });
    expect(loadedWith({}, patient).apps[0]).toMatchObject({ kill_timeout: 65_000 });
  });

  it("leaves time for a longer drain", () => {
    expect(loadedWith({ DRAIN_NOTICE_MS: "2000", DRAIN_GRACE_MS: "30000" }).apps[0]).toMatchObject({
      kill_timeout: 36_000,
    });
  });

  it("makes a cluster of more than one worker", () => {
    expect(loadedWith({}).apps[1]).toMatchObject({ exec_mode: "cluster", instances: 2 });
    expect(loadedWith({ GATEWAY_INSTANCES: "max" }).apps[1]).toMatchObject({ exec_mode: "cluster", instances: "max" });
    expect(loadedWith({ GATEWAY_INSTANCES: "1" }).apps[1]).toMatchObject({ exec_mode: "fork", instances: 1 });
    expect(() => loadedWith({ GATEWAY_INSTANCES: "none" })).toThrow("GATEWAY_INSTANCES must be a number of instances");
  });

  it("deploys by the names that pm2 deploy knows", () => {
    expect(loadedWith({}).deploy).toEqual({
      production: {
        user: "deploy",
        host: "app.example",
        port: "2222",
        key: "~/.ssh/deploy",
        ssh_options: ["StrictHostKeyChecking=accept-new", "BatchMode=yes"],
        ref: "origin/master",
        repo: "git@git.example:shop.git",
        path: "/apps/shop",
        "post-deploy": "bash deploy/release.sh production",
      },
    });
  });
});
