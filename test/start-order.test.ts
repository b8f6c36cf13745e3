import { type RunningConsul, startConsul } from "@vastify/backends";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { send } from "./support/http-client.js";
import { type ServiceName, type ServiceProcess, useServices } from "./support/service-process.js";
import { hasMongo, newDatabaseUri } from "./support/test-database.js";

const orders: readonly (readonly ServiceName[])[] = [
  ["config-server", "account-server", "gateway"],
  ["config-server", "gateway", "account-server"],
  ["account-server", "config-server", "gateway"],
  ["account-server", "gateway", "config-server"],
  ["gateway", "config-server", "account-server"],
  ["gateway", "account-server", "config-server"],
];

describe.skipIf(!hasMongo)("the three services work together when they start", () => {
  let consul: RunningConsul;
  const database = hasMongo ? newDatabaseUri() : "";
  const services = useServices(afterEach, () => ({ CONSUL_HTTP_ADDR: consul.httpAddr, MONGODB_URI: database }));

  beforeAll(async () => {
    consul = await startConsul();
  });
  afterAll(() => consul?.stop());

  it.each(orders)("as %s, then %s, then %s", async (...order) => {
    const started: Partial<Record<ServiceName, ServiceProcess>> = {};
    for (const name of order) started[name] = await services.start(name);
    const login = () =>
      send(`${started.gateway?.url}/user/login`, "POST", {
        body: { name: "alice", password: "alice-demo-password" },
      });
    await vi.waitFor(async () => expect((await login()).body).toMatchObject({ code: 1000, user: { name: "alice" } }), {
      timeout: 20_000,
      interval: 100,
    });
    expect((await send(`${started.gateway?.url}/config`)).status).toBe(200);
  });
});
