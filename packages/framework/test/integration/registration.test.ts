import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { startConsul } from "@vastify/backends";
import { describe, expect, it, onTestFinished } from "vitest";
import { silentLogger } from "../../src/core/index.js";
import { connectConsul, createRegistration, type Registrant } from "../../src/discovery/index.js";
import { consulAddress, consulApi, uniqueName, until } from "../support/services.js";

const soon = () => AbortSignal.timeout(10_000);

function registrationOf(
  registrant: Partial<Registrant>,
  address = consulAddress,
  renewMs = 10_000,
  log = silentLogger,
) {
  const whole = {
    name: uniqueName("service"),
    host: "127.0.0.1",
    httpPort: 3333,
    microservicePort: 10015,
    version: "1.2.3",
    ...registrant,
  };
  const registration = createRegistration({ consul: connectConsul({ address }), registrant: whole, renewMs, log });
  onTestFinished(() => registration.deregister());
  return { registration, name: whole.name };
}

async function serveHealth(body: () => unknown): Promise<number> {
  const server: Server = createServer((_request, response) => response.end(JSON.stringify(body())));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

describe.skipIf(!consulAddress)("registration in Consul", () => {
  it("is what spec and other services read: name, id, address, check and its Notes", async () => {
    const port = await serveHealth(() => ({}));
    const { registration, name } = registrationOf({ httpPort: port, tags: ["blue"] });
    await registration.register(soon());

    const services = await consulApi().agent.service.list();
    expect(services[registration.id]).toMatchObject({
      Service: name,
      ID: registration.id,
      Address: "127.0.0.1",
      Port: port,
    });
    expect(registration.id).toMatch(new RegExp(`^${name}@[0-9a-f-]{36}$`));
    expect(services[registration.id]?.Tags).toEqual(["vastify", "blue"]);
    const [check] = Object.values(await consulApi().agent.check.list()).filter(
      (one) => one.ServiceID === registration.id,
    );
    expect(JSON.parse(check?.Notes ?? "")).toEqual({ $$version: "1.2.3", $$microservicePort: 10015 });
  });

  it("is gone after deregistering, and deregistering twice does no harm", async () => {
    const port = await serveHealth(() => ({}));
    const { registration } = registrationOf({ httpPort: port });
    await registration.register(soon());
    await registration.deregister();
    await registration.deregister();
    expect(await consulApi().agent.service.list()).not.toHaveProperty(registration.id);
  });

  it.each([
    ["name", { name: "" }],
    ["name", { name: "a@b" }],
    ["name", { name: undefined }],
    ["host", { host: "" }],
    ["host", { host: undefined }],
    ["port", { httpPort: 0 }],
    ["port", { httpPort: "3333" }],
    ["port", { httpPort: undefined }],
    ["$$microservicePort", { microservicePort: undefined }],
    ["$$microservicePort", { microservicePort: 70_000 }],
    ["$$version", { version: undefined }],
    ["$$version", { version: "one" }],
    ["$$version", { version: "1.2" }],
  ])("is refused when %s is wrong: %j", async (field, wrong) => {
    const before = Object.keys(await consulApi().agent.service.list()).filter((id) => id.startsWith("refused"));
    expect(() => registrationOf({ name: "refused", ...wrong } as Partial<Registrant>)).toThrow(
      expect.objectContaining({
        code: "invalid_argument",
        reason: "bad_option",
        message: expect.stringContaining(field),
      }),
    );
    const after = Object.keys(await consulApi().agent.service.list()).filter((id) => id.startsWith("refused"));
    expect(after).toEqual(before);
  });

  it("is refused when another live service holds the address and port", async () => {
    let holder = "";
    const port = await serveHealth(() => ({ instance: holder }));
    const first = registrationOf({ httpPort: port });
    await first.registration.register(soon());
    holder = first.registration.id;

    const second = registrationOf({ httpPort: port });
    await expect(second.registration.register(soon())).rejects.toMatchObject({
      code: "already_exists",
      reason: "endpoint_taken",
      message: expect.stringContaining(first.registration.id),
    });
    expect(await consulApi().agent.service.list()).not.toHaveProperty(second.registration.id);
  });

  it("takes over from a process that died without deregistering, even while its check still passes", async () => {
    const port = await serveHealth(() => ({ instance: reborn.id }));
    const { registration: dead } = registrationOf({ httpPort: port });
    const { registration: reborn } = registrationOf({ httpPort: port });
    await dead.register(soon());
    await reborn.register(soon());
    const services = await consulApi().agent.service.list();
    expect(services).toHaveProperty(reborn.id);
    expect(services).not.toHaveProperty(dead.id);
  });

  it("comes back by itself after Consul restarted empty", async () => {
    const consul = await startConsul({});
    onTestFinished(() => consul.stop());
    const port = await serveHealth(() => ({}));
    const { registration } = registrationOf({ httpPort: port }, consul.httpAddr, 100);
    await registration.register(soon());
    await consul.restart();
    await until(
      async () => registration.id in (await consulApi(consul.httpAddr).agent.service.list()),
      "registered again",
    );
  });

  it("comes back at once when it is told to look", async () => {
    const port = await serveHealth(() => ({}));
    const { registration } = registrationOf({ httpPort: port }, consulAddress, 600_000);
    await registration.register(soon());
    await consulApi().agent.service.deregister(registration.id);
    registration.renewNow();
    await until(async () => registration.id in (await consulApi().agent.service.list()), "registered again");
  });

  it("goes on in the background when nobody waits any longer, also after a refusal", async () => {
    let holder = "";
    const port = await serveHealth(() => ({ instance: holder }));
    const { registration: first } = registrationOf({ httpPort: port });
    await first.register(soon());
    holder = first.id;

    const errors: string[] = [];
    const log = { ...silentLogger, error: (message: string) => errors.push(message) };
    const { registration: second } = registrationOf({ httpPort: port }, consulAddress, 10_000, log);
    await second.register(new AbortController().signal, Promise.resolve());
    await until(() => errors.length > 0, "the refusal is logged");
    expect(errors).toEqual([expect.stringContaining(`is already held by ${first.id}`)]);
    await first.deregister();
    await until(async () => second.id in (await consulApi().agent.service.list()), "registered in the end");
  });

  it("takes nonsense for no answer", async () => {
    const port = await serveHealth(() => "It works!");
    const { registration } = registrationOf({}, `127.0.0.1:${port}`);
    await expect(registration.register(AbortSignal.timeout(300))).rejects.toMatchObject({
      code: "unavailable",
      reason: "registry_unreachable",
    });
  });

  it("waits for a Consul that is not there yet, and says where it looked when it gives up", async () => {
    const { registration } = registrationOf({}, "127.0.0.1:1");
    await expect(registration.register(AbortSignal.timeout(300))).rejects.toMatchObject({
      code: "unavailable",
      reason: "registry_unreachable",
      message: expect.stringContaining("127.0.0.1:1"),
    });
  });
});
