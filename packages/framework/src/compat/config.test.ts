import { describe, expect, it } from "vitest";
import { consulOptionsOf, resolveInstanceConfig } from "./config.js";

describe("resolveInstanceConfig", () => {
  it("has 2018's defaults under 2018's names", () => {
    expect(resolveInstanceConfig()).toMatchObject({
      microservice: { healthCheckReturn: {} },
      routing: { servicesRefresh: 12_000 },
      seneca: { timeout: 5_000 },
      pm2: { app: { max_memory_restart: "150M" }, deploy: { user: "deploy" } },
      logger: { winston: { level: "info", label: "microservices" } },
      "serverR&D": { consulServer: { host: "127.0.0.1", port: 8500, secure: false, defaults: {} } },
    });
  });

  it("has a db only when it is asked for", () => {
    expect(resolveInstanceConfig().db).toBeUndefined();
    expect(resolveInstanceConfig({ db: {} }).db).toEqual({ type: "mongodb", address: "mongodb://localhost:27017" });
  });

  it("shares nothing between two calls, nor with what it was given", () => {
    const given = { "serverR&D": { consulServer: { port: 18_500, defaults: { token: "t" } } } };
    const first = resolveInstanceConfig(given);
    first["serverR&D"].consulServer.port = 1;
    first["serverR&D"].consulServer.defaults.token = "changed";
    first.pm2.app.env.NODE_ENV = "changed";
    expect(given["serverR&D"].consulServer).toEqual({ port: 18_500, defaults: { token: "t" } });
    const second = resolveInstanceConfig();
    expect(second["serverR&D"].consulServer).toMatchObject({ port: 8500, defaults: {} });
    expect(second.pm2.app.env.NODE_ENV).toBe("development");
  });

  it.each([
    ["routing.servicesRefresh", { routing: { servicesRefresh: 0 } }],
    ["db.type", { db: { type: "mysql" } }],
  ])("refuses a wrong %s", (option, config) => {
    expect(() => resolveInstanceConfig(config)).toThrow(`${option} must be`);
  });
});

describe("consulOptionsOf", () => {
  it.each([
    [undefined, { address: "http://127.0.0.1:8500" }],
    [{ host: "consul.example", port: 443, secure: true }, { address: "https://consul.example:443" }],
    [{ host: "::1" }, { address: "http://[::1]:8500" }],
    [{ type: "consul", promisify: true, ca: [] }, { address: "http://127.0.0.1:8500" }],
    [{ ca: ["one", "two"] }, { address: "http://127.0.0.1:8500", ca: "one\ntwo" }],
    [{ defaults: { token: "" } }, { address: "http://127.0.0.1:8500" }],
    [
      { defaults: { token: "secret", dc: "dc2" } },
      { address: "http://127.0.0.1:8500", token: "secret", datacenter: "dc2" },
    ],
  ])("reads %j", (server, expected) => {
    expect(consulOptionsOf(server)).toEqual(expected);
  });

  it.each([
    ["consulServer.host", { host: "" }],
    ["consulServer.port", { port: 0 }],
    ["consulServer.port", { port: "8500" as never }],
  ])("refuses a wrong %s", (option, server) => {
    expect(() => consulOptionsOf(server)).toThrow(`${option} must be`);
  });
});
