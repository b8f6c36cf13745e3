import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineAction, defineContract, type GatewayOptions, implement, VastifyError } from "../../src/index.js";
import { consulAddress, startGateway, startService, uniqueName, until } from "../support/services.js";
import { openSocket, refusalOf } from "../support/sockets.js";

const said = z.object({ say: z.string().max(20) });
const heard = z.object({ room: z.string(), say: z.string() });

/** A service whose actions talk, and a gateway in front of it. */
async function talking(options: Partial<GatewayOptions> = {}) {
  const name = uniqueName("talk");
  const socket = { receives: said, sends: heard } as const;
  const route = (path: string) => ({ method: "GET", path: `/${name}/${path}` }) as const;
  const contract = defineContract({
    target: name,
    version: "1.0.0",
    actions: {
      chat: defineAction({
        access: "public",
        rest: route("chat/:room"),
        input: z.object({ room: z.string().min(2) }),
        socket,
      }),
      count: defineAction({ access: "public", output: z.object({ count: z.int() }) }),
      ticks: defineAction({ access: "public", rest: route("ticks"), socket: { receives: "text", sends: z.int() } }),
      bytes: defineAction({
        access: "public",
        rest: route("bytes"),
        socket: { receives: "bytes", sends: "bytes", maxBytes: 1_000_000 },
      }),
      fails: defineAction({
        access: "public",
        rest: route("fails/:how"),
        input: z.object({ how: z.string() }),
        socket: { receives: "text", sends: "text" },
      }),
      secret: defineAction({
        access: { level: "public", roles: ["admin"] },
        rest: route("secret"),
        socket: { receives: "text", sends: "text" },
      }),
    },
  });
  /** What the actions saw of their clients' going. */
  const gone: string[] = [];
  let counted = 0;
  const service = await startService({
    name,
    contracts: [
      implement(contract, {
        async *chat({ room }, context) {
          const { received, signal } = context;
          signal.addEventListener("abort", () => gone.push(String(signal.reason.message)));
          for await (const { say } of received) {
            const { count } = await context.caller(contract).count();
            yield { room, say: `${count}: ${say}` };
          }
        },
        count: () => ({ count: ++counted }),
        async *ticks(_input, { signal }) {
          for (let tick = 1; !signal.aborted; tick++) {
            yield tick;
            if (tick >= 2) await once(signal, "abort");
          }
          gone.push("ticks");
        },
        async *bytes(_input, { received }) {
          yield* received;
        },
        async fails({ how }) {
          if (how === "early") throw new VastifyError("not_found", "there is no such thing", { reason: "no_thing" });
          return failing(how);
        },
        async *secret() {
          yield "secret";
        },
      }),
    ],
  });
  const gateway = await startGateway({ name: uniqueName("gateway"), ...options } as never);
  await until(() => gateway.routes.some(({ target }) => target === name), "the gateway serves it");
  return { name, service, gateway, gone, url: `${gateway.addresses.http}/${name}` };
}

async function* failing(how: string): AsyncGenerator<string> {
  yield "begun";
  if (how === "known") throw new VastifyError("permission_denied", "secret path /etc", { reason: "not_yours" });
  throw new Error("secret path /etc");
}

describe.skipIf(!consulAddress)("a WebSocket", () => {
  it("carries messages both ways, as the contract's schemas have them", async () => {
    const { url, service, name } = await talking();
    for (const at of [url, `${service.addresses.http}/${name}`]) {
      const client = await openSocket(`${at}/chat/lobby`);
      client.send({ say: "hello", extra: 1 });
      client.send({ say: "again" });
      expect(await client.next()).toMatchObject({ room: "lobby", say: expect.stringMatching(/^\d: hello$/) });
      expect(await client.next()).toMatchObject({ room: "lobby", say: expect.stringMatching(/^\d: again$/) });
      client.socket.close(1000);
      expect(await client.closed).toEqual({ code: 1000, reason: "" });
    }
  });

  it("is refused as HTTP before it opens", async () => {
    const { url } = await talking();
    expect(await refusalOf(`${url}/chat/x`)).toMatchObject({ status: 400, body: { reason: "bad_input" } });
    expect(await refusalOf(`${url}/fails/early`)).toMatchObject({ status: 404, body: { reason: "no_thing" } });
    expect(await refusalOf(`${url}/nothing`)).toMatchObject({ status: 404, body: { reason: "no_route" } });
    expect(await refusalOf(`${url}/secret`)).toMatchObject({ status: 401, body: { reason: "not_logged_in" } });
    const plain = await fetch(`${url}/chat/lobby`);
    expect(plain.status).toBe(426);
    expect(plain.headers.get("upgrade")).toBe("websocket");
    expect(await plain.json()).toMatchObject({ reason: "upgrade_required" });
  });
});
