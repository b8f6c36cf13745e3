import { describe, expect, it } from "vitest";
import { createGateway } from "./create-gateway.js";
import { envTrustProxy, serviceEnv } from "./service-env.js";

const defaults = { name: "account-server", version: "1.0.0", httpPort: 3333, microservicePort: 10015 };

describe("serviceEnv", () => {
  it("gives the defaults when the environment says nothing", () => {
    expect(serviceEnv({}, defaults)).toEqual({
      name: "account-server",
      version: "1.0.0",
      host: "127.0.0.1",
      http: { port: 3333 },
      microservice: { port: 10015 },
      consul: { address: "127.0.0.1:8500" },
      peers: {},
      drain: {},
      log: { level: "info" },
    });
  });

  it("takes what the environment says", () => {
    const env = {
      HOST: "0.0.0.0",
      ADVERTISE_HOST: "10.0.0.7",
      HTTP_PORT: "0",
      MICROSERVICE_PORT: "0",
      SERVICE_VERSION: "2.1.0-rc.1",
      CONSUL_HTTP_ADDR: "https://consul.example:8501",
      CONSUL_HTTP_TOKEN: "secret",
      CONSUL_DATACENTER: "dc2",
      CONSUL_CONSISTENCY: "stale",
      ZONE: "rack-7",
      ROUTING_SNAPSHOT: "/var/lib/account-server/routing.json",
      CHAOS: "true",
      IDENTITY_KEYS: "the new one,the old one",
      BUSY_POLL_US: "0",
      DRAIN_NOTICE_MS: "3000",
      DRAIN_GRACE_MS: "0",
      LOG_LEVEL: "debug",
      LOG_FORMAT: "json",
    };
    expect(serviceEnv(env, defaults)).toEqual({
      name: "account-server",
      version: "2.1.0-rc.1",
      host: "0.0.0.0",
      advertise: "10.0.0.7",
      http: { port: 0 },
      microservice: { port: 0 },
      consul: { address: "https://consul.example:8501", token: "secret", datacenter: "dc2", consistency: "stale" },
      zone: "rack-7",
      routing: { snapshot: "/var/lib/account-server/routing.json" },
      chaos: true,
      peers: { identityKeys: ["the new one", "the old one"], busyPollUs: 0 },
      drain: { noticeMs: 3000, graceMs: 0 },
      log: { level: "debug", format: "json" },
    });
  });

  it("gives what a gateway takes as well as a service", () => {
    expect(createGateway(serviceEnv({}, { name: "gateway", version: "1.0.0", httpPort: 3000 })).name).toBe("gateway");
  });

  it("takes an empty variable for an absent one", () => {
    expect(serviceEnv({ HTTP_PORT: "", CONSUL_HTTP_ADDR: "" }, defaults)).toEqual(serviceEnv({}, defaults));
  });

  it.each([
    ["HTTP_PORT", "70000", 'HTTP_PORT must be a port number from 0 to 65535, got "70000"'],
    ["MICROSERVICE_PORT", "ten", 'MICROSERVICE_PORT must be a port number from 0 to 65535, got "ten"'],
    ["DRAIN_NOTICE_MS", "1s", 'DRAIN_NOTICE_MS must be a number of milliseconds, got "1s"'],
    ["LOG_LEVEL", "loud", 'LOG_LEVEL must be one of error, warn, info, debug, got "loud"'],
    ["LOG_FORMAT", "xml", 'LOG_FORMAT must be pretty or json, got "xml"'],
    ["CONSUL_CONSISTENCY", "some", 'CONSUL_CONSISTENCY must be one of default, stale, consistent, got "some"'],
    ["SERVICE_VERSION", "two", 'SERVICE_VERSION must be a semver such as "1.2.3", got "two"'],
    [
      "CONSUL_HTTP_ADDR",
      "not an address",
      'CONSUL_HTTP_ADDR must be "host:port" or an http(s) URL, got "not an address"',
    ],
  ])("names %s when it is wrong", (name, value, message) => {
    expect(() => serviceEnv({ [name]: value }, defaults)).toThrow(
      expect.objectContaining({ code: "invalid_argument", reason: "bad_option", message }),
    );
  });

  it("colors lines by FORCE_COLOR, unless NO_COLOR is set", () => {
    expect(serviceEnv({ FORCE_COLOR: "1" }, defaults).log.color).toBe(true);
    expect(serviceEnv({ FORCE_COLOR: "0" }, defaults).log.color).toBe(false);
    expect(serviceEnv({ FORCE_COLOR: "1", NO_COLOR: "1" }, defaults).log.color).toBe(false);
  });
});

describe("envTrustProxy", () => {
  it("takes a number of proxies, or who they are", () => {
    expect(envTrustProxy.parse("1")).toBe(1);
    expect(envTrustProxy.parse("10.0.0.0/8, fd00::1")).toEqual(["10.0.0.0/8", "fd00::1"]);
    expect(envTrustProxy.safeParse("everybody").success).toBe(false);
  });
});
