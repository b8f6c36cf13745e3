import { type RunningConsul, startConsul } from "@vastify/backends";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { send } from "./support/http-client.js";
import { type ServiceProcess, useServices } from "./support/service-process.js";
import { hasMongo, newDatabaseUri } from "./support/test-database.js";

const concurrency = 20;

describe.skipIf(!hasMongo)("one of two instances of account-server ends while requests run through the gateway", () => {
  let consul: RunningConsul;
  let gateway: ServiceProcess;
  let first: ServiceProcess;
  let second: ServiceProcess;
  const database = hasMongo ? newDatabaseUri() : "";
  const services = useServices(afterEach, () => ({ CONSUL_HTTP_ADDR: consul.httpAddr, MONGODB_URI: database }));

  beforeAll(async () => {
    consul = await startConsul();
  });
  afterAll(() => consul?.stop());

  beforeEach(async () => {
    [gateway, first, second] = await Promise.all([
      services.start("gateway"),
      services.start("account-server"),
      services.start("account-server"),
    ]);
    await vi.waitFor(async () => expect((await send(`${gateway.url}/user`)).status).toBe(200), {
      timeout: 20_000,
      interval: 100,
    });
  });

  /** Requests without a pause until `end` has come and then some more; gives the answers that were not 200. */
  async function failuresUntil(end: () => Promise<unknown>): Promise<{ failures: string[]; answered: number }> {
    const failures: string[] = [];
    let answered = 0;
    let more = Number.POSITIVE_INFINITY;
    const client = async () => {
      while (more-- > 0) {
        const { status, text } = await send(`${gateway.url}/user?limit=5`);
        answered += 1;
        if (status !== 200) failures.push(`${status} ${text}`);
      }
    };
    const clients = Array.from({ length: concurrency }, client);
    await vi.waitFor(() => expect(answered).toBeGreaterThan(10 * concurrency), { timeout: 20_000 });
    try {
      await end();
    } finally {
      more = 20 * concurrency;
      await Promise.all(clients);
    }
    return { failures, answered };
  }

  it("both chose their ports themselves", () => {
    expect(new Set([first.url, second.url, first.calls, second.calls]).size).toBe(4);
  });

  it("by SIGTERM: no request fails", async () => {
    let code: number | null = null;
    const { failures } = await failuresUntil(async () => {
      code = await first.stop();
    });
    expect(failures).toEqual([]);
    expect(code).toBe(0);
  });

  it("by SIGKILL: no request that is safe to repeat fails, and the other instance serves on", async () => {
    const { failures } = await failuresUntil(() => first.kill());
    expect(failures).toEqual([]);
    expect(gateway.output()).toContain("is passed over");
  });
});
