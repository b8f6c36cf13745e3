import { account } from "@vastify/account-server/contract";
import { type RunningConsul, type RunningRabbitmq, startConsul, startRabbitmq } from "@vastify/backends";
import { createService, type Service } from "vastify";
import { memorySeen, rabbit } from "vastify/messaging";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type RequestOptions, send } from "./support/http-client.js";
import { type ServiceProcess, useServices } from "./support/service-process.js";
import { hasMongo, newDatabaseUri } from "./support/test-database.js";

interface Heard {
  readonly by: string;
  readonly what: string;
  readonly id: string;
  readonly name: string;
  readonly version: number;
}

const patience = { timeout: 40_000, interval: 50 };

describe.skipIf(!hasMongo || !process.env.TEST_AMQP_URL)("what happens to users", () => {
  const database = hasMongo ? newDatabaseUri() : "";
  const heard: Heard[] = [];
  const listeners: Service[] = [];
  let consul: RunningConsul;
  let broker: RunningRabbitmq;
  let instances: ServiceProcess[];
  const services = useServices(afterAll, () => ({
    ...{ CONSUL_HTTP_ADDR: consul.httpAddr, MONGODB_URI: database, AMQP_URL: broker.url, SEED_DEMO_USERS: "false" },
  }));

  /** A service in two instances that listens to users. */
  async function listen(name: string): Promise<void> {
    // An event may come again: a relay that lost its lease does not know what it published last.
    const once = memorySeen();
    for (const by of [`${name} 1`, `${name} 2`]) {
      const messages = rabbit({ url: broker.url, group: name });
      for (const event of Object.values(account.events))
        messages.onEvent(event, (user) => heard.push({ by, what: event.name, ...user }), { once });
      const service = createService({
        ...{ name, version: "1.0.0", http: { port: 0 }, microservice: { port: 0 } },
        ...{ consul: { address: consul.httpAddr }, parts: [messages], log: { level: "error" } },
      });
      await service.start();
      listeners.push(service);
    }
  }

  let turn = 0;
  const request = (method: string, path: string, options?: RequestOptions) =>
    send(`${instances[turn++ % instances.length]?.url}${path}`, method, options);
  const newUser = async (name: string) =>
    (await request("POST", "/user", { body: { name, password: "a password" } })).body.id as string;
  const heardOf = (id: string, by: string) => heard.filter((event) => event.id === id && event.by.startsWith(by));

  beforeAll(async () => {
    [consul, broker] = await Promise.all([startConsul(), startRabbitmq()]);
    await Promise.all([listen("mail-server"), listen("audit-server")]);
    instances = await Promise.all([services.start("account-server"), services.start("account-server")]);
  });
  afterAll(async () => {
    await Promise.all(listeners.map((service) => service.stop()));
    await Promise.all([consul?.stop(), broker?.remove()]);
  });

  it("is told to every service that listens, once, with the version it made", async () => {
    const id = await newUser("ann");
    await request("PUT", `/user/${id}`, { body: { name: "anna" } });
    await request("DELETE", `/user/${id}`);
    const told = [
      { what: "user.created", name: "ann", version: 0 },
      { what: "user.updated", name: "anna", version: 1 },
      { what: "user.deleted", name: "anna", version: 2 },
    ];
    for (const name of ["mail-server", "audit-server"]) {
      await vi.waitFor(() => expect(heardOf(id, name)).toHaveLength(3), patience);
      const inOrder = heardOf(id, name).sort((one, other) => one.version - other.version);
      expect(inOrder).toEqual(told.map((event) => expect.objectContaining(event)));
    }
  });

  it("is told once for each change that was made, however many edit at once", async () => {
    const id = await newUser("ben");
    const edits = await Promise.all(
      Array.from({ length: 30 }, (_, n) => request("PUT", `/user/${id}`, { body: { name: `ben ${n}` } })),
    );
    const made = edits.filter(({ status }) => status === 200).map(({ body }) => body.name as string);
    expect(made.length).toBeGreaterThan(0);
    await request("DELETE", `/user/${id}`);
    await vi.waitFor(() => expect(heardOf(id, "mail-server").at(-1)?.what).toBe("user.deleted"), patience);
    await vi.waitFor(() => expect(heardOf(id, "mail-server")).toHaveLength(made.length + 2), patience);
    const updated = heardOf(id, "mail-server").filter(({ what }) => what === "user.updated");
    expect(updated.map(({ name }) => name).sort()).toEqual(made.sort());
    expect(new Set(updated.map(({ version }) => version)).size).toBe(made.length);
  });

  it("is told later when the broker is away, and users are served meanwhile, by new instances too", async () => {
    await broker.stop();
    const ids: string[] = [];
    for (let n = 0; n < 10; n++) ids.push(await newUser(`cleo ${n}`));
    await request("DELETE", `/user/${ids[0]}`);
    instances.push(await services.start("account-server"));
    ids.push(await newUser("dan"));
    expect(heard.filter(({ id }) => ids.includes(id))).toEqual([]);
    await broker.start();
    const told = () => new Set(heard.filter(({ by }) => by.startsWith("audit")).map(({ id, what }) => `${what} ${id}`));
    await vi.waitFor(
      () => expect([...told()]).toEqual(expect.arrayContaining(ids.map((id) => `user.created ${id}`))),
      patience,
    );
    await vi.waitFor(() => expect([...told()]).toContain(`user.deleted ${ids[0]}`), patience);
  });
});
