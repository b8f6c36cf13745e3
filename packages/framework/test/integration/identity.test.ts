import { describe, expect, it } from "vitest";
import { z } from "zod";
import {
  createApiKey,
  defineAction,
  defineContract,
  type Identity,
  implement,
  type Seneca,
  type Service,
} from "../../src/index.js";
import { createIdentitySeal } from "../../src/transport/signed-identity.js";
import { consulAddress, startGateway, startService, uniqueName, until } from "../support/services.js";

const key = "what only the gateway and the services know";
const peers = { identityKeys: [key] };
const reader = createApiKey({ consumer: "reader" });
const consumers = { reader: { keys: [{ id: reader.id, hash: reader.hash }], scopes: ["borrow"] } };
const auth = { keys: { consumers } };
const shown: Identity = {
  kind: "key",
  subject: `reader.${reader.id}`,
  consumer: "reader",
  scopes: ["borrow"],
  roles: [],
};
const nobody = { here: null, nested: null, behind: null };

/** Services that tell whom they believe to serve: one at the front, and one that it calls by Seneca. */
async function startLibrary(options: { peers?: typeof peers }) {
  const target = uniqueName("library");
  const shelf = uniqueName("shelf");
  const who = z.unknown();
  const contract = defineContract({
    target,
    version: "1.0.0",
    actions: {
      tell: defineAction({
        access: "public",
        rest: { method: "GET", path: `/${target}/tell` },
        output: z.object({ here: who, nested: who, behind: who }),
      }),
      tellNested: defineAction({ access: "private", output: who }),
    },
  });
  await startService({
    ...options,
    name: shelf,
    modules: [
      {
        plugin: function shelves(this: Seneca) {
          this.add("shelf:tell", async function (this: Seneca) {
            return { who: this.identity ?? null };
          });
        },
      },
    ],
  });
  const service = await startService({
    ...options,
    name: target,
    contracts: [
      implement(contract, {
        tell: async (_input, context) => ({
          here: context.identity ?? null,
          nested: await context.caller(contract).tellNested(),
          behind: ((await context.act({ $$target: shelf, shelf: "tell" })) as { who: unknown }).who,
        }),
        tellNested: (_input, { identity }) => identity ?? null,
      }),
    ],
  });
  return { target, service };
}

async function askGateway(target: string, options: { peers?: typeof peers }, headers: Record<string, string> = {}) {
  const gateway = await startGateway({ name: uniqueName("gateway"), ...options, ...{ auth } });
  await until(() => gateway.routes.some((route) => route.target === target), "the gateway serves the library");
  // Other tests share its Consul, which may refuse a first question.
  const response = await until(async () => {
    const answer = await fetch(`${gateway.addresses.http}/${target}/tell`, { headers });
    return answer.status === 503 ? undefined : answer;
  }, "the library finds its shelf");
  return { status: response.status, body: await response.json() };
}

/** As somebody who reaches the microservice port would ask. */
async function askPort({ addresses }: Service, tx: string, headers: Record<string, string> = {}) {
  const response = await fetch(`http://${addresses.microservice}/act`, {
    method: "POST",
    headers: { "vastify-tx": tx, ...headers },
    body: JSON.stringify({ action: "tell", identity: shown, identity$: shown, $$identity: shown }),
  });
  return { status: response.status, body: (await response.json()) as { reason?: string } };
}

describe.skipIf(!consulAddress)("who sends a request", () => {
  it("is known to its action, and to all that it calls, by what the gateway signed", async () => {
    const { target } = await startLibrary({ peers });
    const asked = await askGateway(target, { peers }, { "x-api-key": reader.text });
    expect(asked).toEqual({ status: 200, body: { here: shown, nested: shown, behind: shown } });
  });

  it("is nobody when the request shows no credentials, whatever else it says", async () => {
    const { target } = await startLibrary({ peers });
    const claimed = { "vastify-identity": JSON.stringify(shown), "x-api-key": "reader" };
    expect(await askGateway(target, { peers }, claimed)).toEqual({ status: 200, body: nobody });
  });

  it.each([
    ["the gateway has no key", { peers }, {}, 200],
    ["the service has no key", {}, { peers }, 200],
    ["they have different keys", { peers: { identityKeys: [key.toUpperCase()] } }, { peers }, 401],
  ])("is not taken on trust when %s", async (_what, service, gateway, status) => {
    const { target } = await startLibrary(service);
    const asked = await askGateway(target, gateway, { "x-api-key": reader.text });
    expect(asked).toMatchObject(status === 200 ? { status, body: nobody } : { status });
  });

  it("is believed at the microservice port only by a signature for this very call", async () => {
    const { target, service } = await startLibrary({ peers });
    const seal = (to: string, tx: string, withKey = key, now = Date.now) =>
      createIdentitySeal([withKey], now)?.(shown, { target: to, tx }) ?? "";
    const ask = (tx: string, identity: string) => askPort(service, tx, { "vastify-identity": identity });

    expect(await askPort(service, "tx-1")).toEqual({ status: 200, body: nobody });
    expect(await ask("tx-1", seal(target, "tx-1"))).toMatchObject({ status: 200, body: { here: shown } });
    const refused: [string, string][] = [
      ["tx-1", seal(target, "tx-2")],
      ["tx-1", seal("gateway", "tx-1")],
      ["tx-1", seal(target, "tx-1", "a key that nobody gave to any of them")],
      ["tx-1", seal(target, "tx-1", key, () => Date.now() - 120_000)],
      ["tx-1", JSON.stringify(shown)],
    ];
    for (const [tx, identity] of refused)
      expect(await ask(tx, identity)).toMatchObject({ status: 401, body: { reason: "bad_identity" } });
  });

  it("can be said by a service that answers for somebody itself", async () => {
    const { target } = await startLibrary({ peers });
    const job = await startService({ name: uniqueName("job"), peers });
    const told = await job.act({ $$target: target, action: "tell" }, { identity: shown });
    expect(told).toEqual({ here: shown, nested: shown, behind: shown });
  });
});
