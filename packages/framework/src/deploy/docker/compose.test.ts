import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { shop } from "../../../test/support/shop.js";
import { defineSystem } from "../system.js";
import { composeFile } from "./compose-file.js";
import { developmentFile } from "./development-file.js";
import { dockerfile } from "./dockerfile.js";
import { nginxFile } from "./nginx-file.js";

interface ComposeService {
  image?: string;
  build?: { target: string };
  environment?: Record<string, string | null>;
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: object;
  volumes?: string[];
  deploy?: { replicas: number };
  stop_grace_period?: string;
}
interface Compose {
  services: Record<string, ComposeService>;
  volumes: Record<string, null>;
}

const compose = parse(composeFile(shop).text) as Compose;
const images = dockerfile(shop).text;

const unlessSet = (variable: string, value: string) => `\${${variable}:-${value}}`;

describe("the generated compose file", () => {
  it("leaves time for a longer drain of the manifest's", () => {
    const patient = defineSystem({ ...shop, environment: { DRAIN_GRACE_MS: { value: "60000" } } });
    const { services } = parse(composeFile(patient).text) as Compose;
    expect([services.stock, compose.services.stock].map((one) => one?.stop_grace_period)).toEqual(["65s", "15s"]);
  });

  it.each(['{"a":1}', "{}", "a}b $1"])("hands on the value %s as it is", (value) => {
    const { services } = parse(
      composeFile(defineSystem({ ...shop, environment: { RATES: { value } } })).text,
    ) as Compose;
    expect(services.stock?.environment?.RATES).toBe(value.replaceAll("$", "$$$$"));
  });

  it("hands nginx the certificate that its site names", () => {
    const tls = { certificate: "/etc/ssl/shop.pem", key: "/etc/ssl/shop.key" };
    const { services } = parse(
      composeFile(defineSystem({ ...shop, edge: { service: "gateway", tls } })).text,
    ) as Compose;
    expect(services.nginx?.volumes?.slice(1)).toEqual(
      Object.values(tls).map((file) => ({ type: "bind", source: file, target: file, read_only: true })),
    );
  });

  it("has every service, what they need, and the edge", () => {
    expect(Object.keys(compose.services)).toEqual([
      "stock",
      "gateway",
      "nginx",
      "consul",
      "mongodb",
      "rabbitmq",
      "redis",
    ]);
    expect(compose.services.stock).toMatchObject({ image: "shop/stock:1.2.3", deploy: { replicas: 3 } });
  });

  it("builds targets that the Dockerfile has", () => {
    const targets = Object.values(compose.services).flatMap(({ build }) => build?.target ?? []);
    expect(targets).toEqual(["stock", "gateway"]);
    for (const target of targets) expect(images).toContain(` AS ${target}\n`);
  });

  it("waits only for what tells of its health", () => {
    for (const { depends_on = {} } of Object.values(compose.services)) {
      for (const [other, { condition }] of Object.entries(depends_on)) {
        expect(condition).toBe("service_healthy");
        const waitedFor = compose.services[other];
        expect(waitedFor?.healthcheck ?? waitedFor?.build).toBeDefined();
      }
    }
  });

  it("names every volume that it uses", () => {
    const used = Object.values(compose.services).flatMap(({ volumes = [] }) => volumes.map((one) => one.split(":")[0]));
    expect(used.filter((name) => !name?.startsWith("."))).toEqual(Object.keys(compose.volumes));
  });

  it("says where everything is, lets the environment say otherwise, and holds no secret", () => {
    expect(compose.services.stock?.environment).toMatchObject({
      CONSUL_HTTP_ADDR: "consul:8500",
      MONGODB_URI: unlessSet("MONGODB_URI", "mongodb://mongodb:27017/shop"),
      CURRENCY: unlessSet("CURRENCY", "EUR"),
      DEMO: unlessSet("DEMO", "false"),
      PAYMENT_KEY: null,
    });
    expect(compose.services.gateway?.environment).toMatchObject({ TRUST_PROXY: unlessSet("TRUST_PROXY", "1") });
  });

  it("hands on no port and no address that its containers have of their own", () => {
    const environment = { HTTP_PORT: {}, MICROSERVICE_PORT: {}, ADVERTISE_HOST: {}, CONSUL_HTTP_ADDR: {} };
    const { services } = parse(composeFile(defineSystem({ ...shop, environment })).text) as Compose;
    expect(Object.keys(services.stock?.environment ?? {})).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/_PORT$|^ADVERTISE_HOST$/)]),
    );
    expect(services.stock?.environment?.CONSUL_HTTP_ADDR).toBe("consul:8500");
  });

  it("puts nginx before the gateway's own port", () => {
    const [site] = nginxFile(shop);
    expect(site?.text).toContain("server gateway:3000 ");
    expect(compose.services.nginx?.volumes).toEqual(["./nginx/site.conf:/etc/nginx/conf.d/default.conf:ro"]);
  });

  it("has a development overlay that changes services of its own, and no others", () => {
    const overlay = parse(developmentFile(shop).text) as Compose;
    expect(Object.keys(overlay.services)).toEqual(["stock", "gateway"]);
    for (const { build } of Object.values(overlay.services)) expect(images).toContain(` AS ${build?.target}\n`);
  });
});
