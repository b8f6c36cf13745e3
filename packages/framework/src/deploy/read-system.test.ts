import { describe, expect, it } from "vitest";
import { VastifyError } from "../core/index.js";
import { readSystem } from "./read-system.js";
import { defineSystem, type SystemDeclaration } from "./system.js";

const stock = { entry: "dist/main.js", version: "1.0.0", httpPort: 3000 };
const hosts = { host: "app.example", repository: "git@git.example:shop.git", path: "/apps/shop" };

describe("a system's declaration", () => {
  it("is filled in, and may be read again", () => {
    const system = defineSystem({ name: "shop", services: { stock }, hosts: { production: hosts } });
    expect(system).toEqual({
      name: "shop",
      discovery: "consul",
      services: { stock: { ...stock, instances: 1, maxMemoryMb: 512, needs: [], environment: {} } },
      environment: {},
      build: {
        install: "npm ci",
        lockFile: "package-lock.json",
        compile: "npm run build",
        test: "npm test",
        installForImage: "npm ci --omit=dev",
        workspaces: [],
        nodeMajor: 22,
      },
      hosts: { production: { ...hosts, user: "deploy", port: 22, sshOptions: [], ref: "origin/master" } },
    });
    expect(readSystem(system)).toEqual(system);
  });

  it.each<[string, Partial<Record<keyof SystemDeclaration, unknown>>, string]>([
    [
      "a name with blanks",
      { name: "my shop" },
      'name must be a name of lower-case letters, digits and dashes (at most 40), got "my shop"',
    ],
    ["no services", { services: {} }, 'services must be at least one service, got "none"'],
    ["services that are none", { services: [] }, "services must be an object of services"],
    [
      "a service's name in capitals",
      { services: { Stock: stock } },
      "services.Stock must be a name of lower-case letters",
    ],
    [
      "an entry outside",
      { services: { stock: { ...stock, entry: "../main.js" } } },
      'services.stock.entry must be a path within the repository, got "../main.js"',
    ],
    [
      "no version",
      { services: { stock: { ...stock, version: undefined } } },
      'services.stock.version must be a semver such as "1.2.3", got undefined',
    ],
    [
      "half a version",
      { services: { stock: { ...stock, version: "1.0" } } },
      'services.stock.version must be a semver such as "1.2.3", got "1.0"',
    ],
    [
      "a port as a text",
      { services: { stock: { ...stock, httpPort: "3000" } } },
      'services.stock.httpPort must be a port number from 1 to 65535, got "3000"',
    ],
    [
      "no process at all",
      { services: { stock: { ...stock, instances: 0 } } },
      'services.stock.instances must be a number of processes from 1 to 999, or "max", got 0',
    ],
    [
      "an unknown need",
      { services: { stock: { ...stock, needs: ["kafka"] } } },
      'services.stock.needs.0 must be mongodb, rabbitmq or redis, got "kafka"',
    ],
    [
      "a need named twice",
      { services: { stock: { ...stock, needs: ["redis", "redis"] } } },
      "services.stock.needs must be a list that names each once, got [ 'redis', 'redis' ]",
    ],
    [
      "an environment of hosts without a host",
      { hosts: { production: { ...hosts, host: [] } } },
      "hosts.production.host must be a host's name, or some, got []",
    ],
    [
      "an edge without names",
      { edge: { service: "stock", serverNames: [] } },
      "edge.serverNames must be a list of at least one, got []",
    ],
    [
      "a port as a variable",
      { services: { stock: { ...stock, environment: { HTTP_PORT: { value: "80" } } } } },
      'services.stock.environment must be without what httpPort says, got "HTTP_PORT"',
    ],
    [
      "a port as a variable of all services",
      { environment: { MICROSERVICE_PORT: { production: "81" } } },
      'environment must be without what microservicePort says, got "MICROSERVICE_PORT"',
    ],
    [
      "Consul's address",
      { environment: { CONSUL_HTTP_ADDR: { secret: true } } },
      "environment must be without what is set where the system is started; containers have a Consul of their own",
    ],
    [
      "the address of what is needed",
      { services: { stock: { ...stock, needs: ["redis"], environment: { REDIS_URL: { value: "redis://cache" } } } } },
      "services.stock.environment must be without values for what needs names; they are set where the system is started",
    ],
    [
      "the address of what some service needs, for all services",
      { services: { stock: { ...stock, needs: ["redis"] } }, environment: { REDIS_URL: { value: "redis://cache" } } },
      'environment must be without values for what needs names; they are set where the system is started, got "REDIS_URL"',
    ],
    [
      "a way of discovery as a variable",
      { discovery: "dns", environment: { DISCOVERY_TARGETS: { value: "stock" } } },
      'environment must be without what discovery says, got "DISCOVERY_TARGETS"',
    ],
    [
      "a name that compose has for a server",
      { services: { redis: stock } },
      'services must be names that generated files have nothing else for, got "redis"',
    ],
    [
      "a name that the Dockerfile has for another's modules",
      { services: { stock, "stock-modules": { ...stock, httpPort: 3001 } } },
      'services must be names that generated files have nothing else for, got "stock-modules"',
    ],
    [
      "a misspelt field",
      { services: { stock: { ...stock, instance: 2 } } },
      'services.stock must be without unknown fields, got "instance"',
    ],
    [
      "a port taken twice",
      { services: { a: stock, b: stock } },
      "services.b.httpPort must be a port of its own; services.a.httpPort has this one, got 3000",
    ],
    [
      "a variable in small letters",
      { environment: { path: {} } },
      "environment.path must be a variable's name of capital letters",
    ],
    [
      "a secret in plain sight",
      { environment: { TOKEN: { secret: true, value: "x" } } },
      "environment.TOKEN must be a secret without a value",
    ],
    [
      "a quote for the shell",
      { hosts: { production: { ...hosts, host: "a;'b" } } },
      "hosts.production.host must be a host's name",
    ],
    [
      "a path that is not absolute",
      { hosts: { production: { ...hosts, path: "apps" } } },
      "hosts.production.path must be an absolute path",
    ],
  ])("is refused with %s, by name", (_what, wrong, message) => {
    let thrown: unknown;
    try {
      readSystem({ name: "shop", services: { stock }, ...wrong });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(VastifyError);
    expect(thrown).toMatchObject({ code: "invalid_argument", reason: "bad_option" });
    expect((thrown as Error).message).toContain(message);
  });

  it.each(["HTTP_PORT", "CONSUL_HTTP_ADDR", "REDIS_URL"])("may name %s without a value", (variable) => {
    const services = { stock: { ...stock, needs: ["redis"], environment: { [variable]: {} } } };
    expect(() => readSystem({ name: "shop", services })).not.toThrow();
  });

  it("may have a value for the address of what it does not need", () => {
    const environment = { REDIS_URL: { value: "redis://cache" } };
    expect(() => readSystem({ name: "shop", services: { stock: { ...stock, environment } } })).not.toThrow();
  });

  it.each([undefined, null, "shop", 7])("is refused when it is %j", (declaration) => {
    expect(() => readSystem(declaration)).toThrow("the system must be an object");
  });
});
