import { resolve } from "node:path";
import { findFreePort, type RunningConsul, type RunningPm2, startConsul, startPm2 } from "@vastify/backends";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { send } from "./support/http-client.js";
import { useServices } from "./support/service-process.js";
import { hasMongo, newDatabaseUri } from "./support/test-database.js";

const clientsEach = 5;

describe.skipIf(!hasMongo)("two workers of account-server in pm2's cluster mode", () => {
  let consul: RunningConsul;
  let pm2: RunningPm2;
  let account: string;
  const env = () => ({ CONSUL_HTTP_ADDR: consul.httpAddr, MONGODB_URI: database });
  const database = hasMongo ? newDatabaseUri() : "";
  const services = useServices(afterEach, env);

  beforeAll(async () => {
    consul = await startConsul();
    const port = await findFreePort();
    account = `http://127.0.0.1:${port}`;
    pm2 = await startPm2({
      file: resolve(import.meta.dirname, "../ecosystem.config.js"),
      only: "account-server",
      env: {
        ...{ PATH: process.env.PATH, HOME: process.env.HOME, ...env() },
        ...{ ACCOUNT_SERVER_INSTANCES: "2", ACCOUNT_SERVER_HTTP_PORT: String(port) },
      },
    });
  });
  afterAll(async () => {
    await pm2?.stop();
    await consul?.stop();
  });

  async function workers(): Promise<string[]> {
    const response = await fetch(`http://${consul.httpAddr}/v1/health/service/account-server?passing`);
    const entries = (await response.json()) as { Service: { ID: string } }[];
    return entries.map(({ Service }) => Service.ID);
  }

  it("are replaced by a reload without a failed request, through the gateway and at the port that they share", async () => {
    const before = await vi.waitFor(async () => {
      const ids = await workers();
      expect(ids, await pm2.printed()).toHaveLength(2);
      return ids;
    }, patience);
    const gateway = await services.start("gateway");

    let answered = 0;
    let more = Number.POSITIVE_INFINITY;
    const failures: string[] = [];
    const client = async (base: string) => {
      while (more-- > 0) {
        const failure = await send(`${base}/user?limit=5`).then(
          ({ status, text }) => (status === 200 ? undefined : `${status} ${text}`),
          String,
        );
        answered += 1;
        if (failure !== undefined) failures.push(`${base}: ${failure}`);
      }
    };
    const clients = Array.from({ length: clientsEach }, () => [client(gateway.url), client(account)]).flat();
    await vi.waitFor(() => expect(answered).toBeGreaterThan(100), patience);
    try {
      await pm2.reload("account-server");
    } finally {
      more = 100;
      await Promise.all(clients);
    }
    expect(failures).toEqual([]);
    const after = await workers();
    expect(after).toHaveLength(2);
    expect(after.filter((id) => before.includes(id))).toEqual([]);
  });
});

const patience = { timeout: 45_000, interval: 100 };
