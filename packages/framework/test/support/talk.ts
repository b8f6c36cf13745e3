import { once } from "node:events";
import { z } from "zod";
import {
  defineAction,
  defineContract,
  type Gateway,
  type GatewayOptions,
  implement,
  type Service,
  type ServiceOptions,
  VastifyError,
} from "../../src/index.js";
import { startGateway, startService, uniqueName, until } from "./services.js";

/** A service whose actions talk over sockets. */
export function talkContract(target: string) {
  const route = (path: string) => ({ method: "GET", path: `/${target}/${path}` }) as const;
  const texts = { receives: "text", sends: "text" } as const;
  return defineContract({
    target,
    version: "1.0.0",
    actions: {
      chat: defineAction({
        summary: "Talks in a room",
        access: "public",
        rest: route("chat/:room"),
        input: z.object({ room: z.string().min(2) }),
        socket: {
          receives: z.object({ say: z.string().max(20) }),
          sends: z.object({ room: z.string(), say: z.string() }),
        },
      }),
      count: defineAction({ output: z.object({ count: z.int() }) }),
      ticks: defineAction({ access: "public", rest: route("ticks"), socket: { receives: "text", sends: z.int() } }),
      collect: defineAction({
        access: "public",
        rest: route("collect"),
        socket: { receives: "bytes", sends: z.int(), maxBytes: 100_000 },
      }),
      flow: defineAction({ access: "public", rest: route("flow"), socket: { receives: "text", sends: "bytes" } }),
      fail: defineAction({
        access: "public",
        rest: route("fail/:how"),
        input: z.object({ how: z.string() }),
        socket: texts,
      }),
      whoami: defineAction({ access: { level: "public", scopes: ["talk"] }, rest: route("whoami"), socket: texts }),
      open: defineAction({ access: "public", rest: route("open"), socket: texts }),
    },
  });
}

/** What the actions tell of themselves. */
export interface TalkNotes {
  /** Why clients were gone, in order. */
  readonly gone: string[];
  /** Messages that `flow` was asked for. */
  flowed: number;
  /** Bytes that `collect` has read. */
  collected: number;
  /** Lets `collect` read. */
  readonly mayRead: PromiseWithResolve;
}

interface PromiseWithResolve {
  readonly promise: Promise<void>;
  resolve(): void;
}

function promiseWithResolve(): PromiseWithResolve {
  let resolve = (): void => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve: () => resolve() };
}

/** The service, and a gateway in front of it. */
export async function startTalking(
  options: Partial<GatewayOptions> = {},
  serviceOptions: Partial<ServiceOptions> = {},
): Promise<{
  url: string;
  service: Service;
  gateway: Gateway;
  notes: TalkNotes;
  contract: ReturnType<typeof talkContract>;
}> {
  const name = uniqueName("talk");
  const contract = talkContract(name);
  const notes: TalkNotes = { gone: [], flowed: 0, collected: 0, mayRead: promiseWithResolve() };
  const noteGone = (signal: AbortSignal) =>
    signal.addEventListener("abort", () => notes.gone.push(String(signal.reason.message)));
  let counted = 0;
  const implementation = implement(contract, {
    async *chat({ room }, context) {
      noteGone(context.signal);
      for await (const { say } of context.received) {
        const { count } = await context.caller(contract).count();
        yield { room, say: `${count}: ${say}` };
      }
    },
    count: () => ({ count: ++counted }),
    async *ticks(_input, { signal }) {
      noteGone(signal);
      yield 1;
      if (!signal.aborted) await once(signal, "abort");
    },
    async *collect(_input, { received }) {
      await notes.mayRead.promise;
      for await (const message of received) {
        notes.collected += message.length;
        yield notes.collected;
      }
    },
    async *flow() {
      for (;;) {
        notes.flowed += 1;
        yield Buffer.alloc(60_000);
      }
    },
    async fail({ how }) {
      if (how === "early") throw new VastifyError("not_found", "there is no such thing", { reason: "no_thing" });
      return failing(how);
    },
    async *whoami(_input, { identity }) {
      yield JSON.stringify(identity?.subject ?? null);
    },
    async *open(_input, { identity, received }) {
      yield JSON.stringify(identity?.subject ?? null);
      for await (const _ of received);
    },
  });
  const service = await startService({ name, contracts: [implementation], ...serviceOptions });
  const gateway = await startGateway({ name: uniqueName("gateway"), ...options } as never);
  await until(() => gateway.routes.some(({ target }) => target === name), "the gateway serves it");
  return { url: `${gateway.addresses.http}/${name}`, service, gateway, notes, contract };
}

async function* failing(how: string): AsyncGenerator<string> {
  if (how === "at once") return;
  yield '"begun"';
  if (how === "known") throw new VastifyError("permission_denied", "not /etc/passwd", { reason: "not_yours" });
  throw new Error("could not read /etc/passwd");
}
