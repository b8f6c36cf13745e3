import { afterEach, describe, expect, it, vi } from "vitest";
import { serviceName, startDns } from "../packages/framework/test/support/dns-server.js";
import { send } from "./support/http-client.js";
import { type ServiceName, useServices } from "./support/service-process.js";
import { hasMongo, newDatabaseUri } from "./support/test-database.js";

describe.skipIf(!hasMongo)("the three services without Consul", () => {
  const services = useServices(afterEach, () => ({ MONGODB_URI: newDatabaseUri() }));

  it("find each other by DNS, and are served by a gateway that is told their names", async () => {
    const dns = await startDns();
    const targets: readonly ServiceName[] = ["config-server", "account-server"];
    const env = {
      ...{ DISCOVERY: "dns", DISCOVERY_NAME: serviceName, DISCOVERY_DNS_SERVERS: dns.address },
      DISCOVERY_TARGETS: targets.join(),
      // Where nothing listens: nobody asks there.
      CONSUL_HTTP_ADDR: "127.0.0.1:1",
    };
    const started = await Promise.all(targets.map((name) => services.start(name, env)));
    for (const { name, url } of started) {
      const { hostname: host, port } = new URL(url);
      dns.tell(name, [{ host, port: Number(port) }]);
    }
    const gateway = await services.start("gateway", env);
    const login = () =>
      send(`${gateway.url}/user/login`, "POST", { body: { name: "alice", password: "alice-demo-password" } });
    await vi.waitFor(async () => expect((await login()).body).toMatchObject({ code: 1000, user: { name: "alice" } }), {
      timeout: 30_000,
      interval: 100,
    });
    expect((await send(`${gateway.url}/config`)).status).toBe(200);
    const { body } = await send(`${gateway.url}/health`);
    expect(body.registry).toMatchObject({ source: "dns", reachable: true });
    for (const { output } of [...started, gateway]) expect(output()).not.toMatch(/Consul at/);
  });
});
