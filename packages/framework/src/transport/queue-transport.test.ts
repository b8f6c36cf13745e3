import { describe, expect, it } from "vitest";
import { Call, Deadlines, type Message, outcomeOf, silentLogger, VastifyError } from "../core/index.js";
import type { CallCarrier } from "./call-carrier.js";
import { type InboundCall, triedOnce } from "./inbound.js";
import { resolveTransportLimits } from "./limits.js";
import { createQueueServer } from "./queue-server.js";
import { createTransportClient } from "./transport-client.js";

const deadlines = new Deadlines();

/** Carries within the process, by way of JSON. */
function carrierInMemory() {
  const handlers = new Map<string, (request: unknown) => Promise<unknown>>();
  const requests: object[] = [];
  const carrier: CallCarrier = {
    rpc: (queue) => ({
      async call(request, options) {
        requests.push({ ...(request as object), ...options });
        const handler = handlers.get(queue);
        if (!handler) throw new VastifyError("unavailable", `nobody serves ${queue}`, { reason: "unroutable" });
        return JSON.parse(JSON.stringify(await handler(JSON.parse(JSON.stringify(request)))));
      },
      serve(handler) {
        handlers.set(queue, (request) => handler(request, { tx: "trace-1" }));
        return { ready: Promise.resolve(), stop: async () => void handlers.delete(queue) };
      },
    }),
  };
  return { carrier, requests };
}

async function pair(act: (inbound: InboundCall) => unknown) {
  const { carrier, requests } = carrierInMemory();
  const received: InboundCall[] = [];
  const server = createQueueServer({
    ...{ carrier, queue: "q", limits: resolveTransportLimits({ maxDepth: 5 }), log: silentLogger },
    handle(inbound) {
      received.push(inbound);
      const call = new Call(inbound.message, { timeoutMs: 1_000 }, deadlines);
      Promise.resolve()
        .then(() => act(inbound))
        .then(
          (result) => call.succeed(result),
          (error) => call.fail(error),
        );
      return call;
    },
  });
  await server.listen();
  const client = createTransportClient({ carrier });
  const send = (message: Message, { port = 0, queue = "q", timeoutMs = 1_000 } = {}) => {
    const call = new Call(message, { timeoutMs, tx: "trace-1", hops: 2, idempotent: true }, deadlines);
    const outcome = outcomeOf(call);
    call.watch();
    client.to({ host: "127.0.0.1", port, protocols: [], queue }).send(triedOnce(call));
    return { call, outcome };
  };
  return { server, send, received, requests };
}

describe("a call through a queue", () => {
  it("brings the message, and what it needs on its way", async () => {
    const { send, received, requests } = await pair(({ message }) => ({ got: message.a }));
    expect(await send({ a: 1, fatal$: true }).outcome).toEqual({ got: 1 });
    expect(received).toEqual([{ message: { a: 1 }, tx: "trace-1", timeoutMs: expect.any(Number), hops: 3 }]);
    expect(requests).toMatchObject([{ idempotent: true, tx: "trace-1" }]);
    expect(await (await pair(() => undefined)).send({}).outcome).toBeNull();
  });

  it("gives the action's error as it was thrown, without what only its host should know", async () => {
    const { send } = await pair(() => {
      throw new VastifyError("not_found", "no such user", { reason: "no_user", details: { id: 7 } });
    });
    await expect(send({}).outcome).rejects.toMatchObject({ code: "not_found", reason: "no_user", details: { id: 7 } });
    const surprising = await pair(() => {
      throw new Error("a secret");
    });
    await expect(surprising.send({}).outcome).rejects.toMatchObject({
      code: "internal",
      message: expect.not.stringContaining("secret"),
    });
  });

  it("tells a call that never ran from one whose action could not reach another", async () => {
    const { send } = await pair(() => {
      throw new VastifyError("unavailable", "nobody serves that", { reason: "peer_unreachable" });
    });
    await expect(send({}, { queue: "nobody" }).outcome).rejects.toMatchObject({ reason: "peer_unreachable" });
    await expect(send({}).outcome).rejects.toMatchObject({ reason: "dependency_failed" });
  });

  it("refuses what it can't carry, what is malformed, and everything when it leaves", async () => {
    const { send, server } = await pair(() => Buffer.from("bytes"));
    await expect(send({ file: Buffer.from("bytes") }).outcome).rejects.toMatchObject({ reason: "no_attachments" });
    await expect(send({}).outcome).rejects.toMatchObject({ reason: "no_attachments" });
    const deep = { a: { b: { c: { d: { e: {} } } } } };
    await expect(send(deep).outcome).rejects.toMatchObject({ reason: "bad_body" });
    server.refuse();
    await expect(send({}).outcome).rejects.toMatchObject({ reason: "draining" });
  });

  it("ends at its deadline for the caller", async () => {
    const { send } = await pair(() => new Promise(() => {}));
    await expect(send({}, { timeoutMs: 20 }).outcome).rejects.toMatchObject({ code: "deadline_exceeded" });
  });

  it("needs a broker at the caller too", async () => {
    const call = new Call({}, { timeoutMs: 1_000 }, deadlines);
    const outcome = outcomeOf(call);
    createTransportClient().to({ host: "127.0.0.1", port: 0, protocols: [], queue: "q" }).send(triedOnce(call));
    await expect(outcome).rejects.toMatchObject({ reason: "no_carrier" });
  });
});
