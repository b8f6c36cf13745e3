import { describe, expect, it } from "vitest";
import { DeployTool } from "./deploy-tool.js";

const { GeneratePM2AppConfig, GeneratePM2DeployConfig } = DeployTool;

describe("GeneratePM2AppConfig", () => {
  it("fills in what 2018 filled in", () => {
    expect(GeneratePM2AppConfig({ name: "client" })).toEqual({
      name: "client",
      script: "client.js",
      error_file: "client-err.log",
      out_file: "client-out.log",
      instances: 1,
      exec_mode: "fork",
      args: "",
      max_memory_restart: "150M",
      env: { NODE_ENV: "development" },
      env_production: { NODE_ENV: "production" },
      source_map_support: true,
      merge_logs: false,
      listen_timeout: 5000,
      kill_timeout: 2000,
      autorestart: false,
      force: false,
      post_update: ["npm install"],
      watch: false,
      ignore_watch: ["node_modules"],
    });
  });

  it("takes what it is given over the defaults", () => {
    const app = GeneratePM2AppConfig({
      name: "server",
      script: "./rpc_server.js",
      args: "--fast",
      autorestart: true,
      env: { PORT: "1" },
    });
    expect(app).toMatchObject({ script: "./rpc_server.js", args: "--fast", autorestart: true });
    expect(app.env).toEqual({ NODE_ENV: "development", PORT: "1" });
  });

  it.each([
    [1, undefined, "fork"],
    [1, "cluster", "cluster"],
    [2, undefined, "cluster"],
    [2, "fork", "cluster"],
    [0, undefined, "cluster"],
    ["max", undefined, "cluster"],
  ] as const)("runs %s instances asked for as %s in mode %s", (instances, exec_mode, expected) => {
    expect(GeneratePM2AppConfig({ name: "server", instances, ...(exec_mode && { exec_mode }) }).exec_mode).toBe(
      expected,
    );
  });

  it("shares nothing between two apps", () => {
    const first = GeneratePM2AppConfig({ name: "first" });
    first.env.NODE_ENV = "changed";
    first.ignore_watch.push("changed");
    first.watch = true;
    const second = GeneratePM2AppConfig({ name: "second" });
    expect(first.name).toBe("first");
    expect(second).toMatchObject({ env: { NODE_ENV: "development" }, ignore_watch: ["node_modules"], watch: false });
  });

  it("refuses an app without a name", () => {
    expect(() => GeneratePM2AppConfig({ name: "" })).toThrow("name must be the app's name");
    expect(() => GeneratePM2AppConfig({} as never)).toThrow("name must be the app's name");
    expect(() => GeneratePM2AppConfig(undefined as never)).toThrow("name must be the app's name");
  });
});

describe("GeneratePM2DeployConfig", () => {
  const given = {
    host: "deploy.example",
    repo: "https://git.example/account-server.git",
    path: "/apps/account-server",
  };

  it("fills in what 2018 filled in", () => {
    expect(GeneratePM2DeployConfig(given)).toEqual({
      ...given,
      user: "deploy",
      ref: "remotes/origin/master",
      "post-deploy": "npm install && pm2 startOrRestart deploy/ecosystem.config.js --env production",
      env: {},
    });
  });

  it("keeps hooks and anything else that pm2 deploy knows", () => {
    const more = { user: "root", "post-deploy": "make", "pre-setup": "ls", key: "id_rsa", env: { NODE_ENV: "test" } };
    expect(GeneratePM2DeployConfig({ ...given, ...more })).toMatchObject({ ...given, ...more });
  });

  it("shares nothing between two environments", () => {
    const env = { A: "1" };
    const first = GeneratePM2DeployConfig({ ...given, env });
    first.env.A = "changed";
    first.user = "changed";
    expect(env).toEqual({ A: "1" });
    expect(GeneratePM2DeployConfig(given)).toMatchObject({ user: "deploy", env: {} });
  });

  it.each(["host", "repo", "path"])("refuses an environment without %s", (field) => {
    expect(() => GeneratePM2DeployConfig({ ...given, [field]: undefined })).toThrow(`${field} must be`);
    expect(() => GeneratePM2DeployConfig({ ...given, [field]: "" })).toThrow(`${field} must be`);
    expect(() => GeneratePM2DeployConfig(undefined as never)).toThrow("host must be");
  });
});

it("works on an instance too", () => {
  expect(new DeployTool().GeneratePM2AppConfig({ name: "a" }).script).toBe("a.js");
});
