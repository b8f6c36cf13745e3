import { connect, type Socket } from "node:net";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { defineAction, defineContract, eventStream, implement, type SenecaAction } from "../../src/index.js";
import { consulAddress, startGateway, startService, uniqueName, until } from "../support/services.js";

/** What a service has begun for its clients and not ended yet. */
class Begun {
  count = 0;
  /** Of all, so that a test knows that clients came so far. */
  total = 0;
  /** Of floods. */
  chunks = 0;

  begin(): () => void {
    this.count += 1;
    this.total += 1;
    return () => {
      this.count -= 1;
    };
  }
}

function bytes(begun: Begun): Readable {
  const end = begun.begin();
  return new Readable({
    read() {
      setTimeout(() => this.push(Buffer.alloc(16_384, "a")), 1);
    },
    destroy(error, done) {
      end();
      done(error);
    },
  });
}

/** As fast as it is read. */
function flood(begun: Begun): Readable {
  const end = begun.begin();
  return new Readable({
    read() {
      begun.chunks += 1;
      this.push(Buffer.alloc(65_536));
    },
    destroy(error, done) {
      end();
      done(error);
    },
  });
}

async function* news(end: () => void) {
  try {
    for (let n = 0; ; n++) {
      yield { data: n };
      await sleep(5);
    }
  } finally {
    end();
  }
}

/** Events that never come. */
function silence(end: () => void) {
  const events = {
    [Symbol.asyncIterator]: () => events,
    next: () => new Promise<never>(() => {}),
    async return() {
      end();
      return { done: true as const, value: undefined };
    },
  };
  return events;
}

type Actions = Record<string, (this: never, message: { upload: Readable }) => Promise<unknown>>;

function actionsOf(begun: Begun): Actions {
  const typed = (type: string, more: object = {}) => ({ headers: { "content-type": type, ...more } });
  return {
    bytes: async () => ({ http$: typed("image/png"), body: bytes(begun) }),
    text: async () => ({ http$: typed("text/plain"), body: bytes(begun) }),
    file: async () => ({ http$: typed("image/png", { "content-length": "9000000000" }), body: bytes(begun) }),
    flood: async () => flood(begun),
    late: async () => sleep(4).then(() => bytes(begun)),
    news: async () => eventStream(news(begun.begin())),
    silence: async () => eventStream(silence(begun.begin())),
    upload: async ({ upload }) => {
      const end = begun.begin();
      upload.once("close", end);
      for await (const _ of upload);
      return {};
    },
    echo: async ({ upload }) => {
      upload.once("close", begun.begin());
      return upload;
    },
  };
}

/** An action that says nothing over its socket. */
function talking(target: string, begun: Begun) {
  const rest = { method: "GET", path: `/${target}/socket` } as const;
  const socket = { receives: "text", sends: "text" } as const;
  const contract = defineContract({
    target,
    version: "1.0.0",
    actions: { talk: defineAction({ access: "public", rest, socket }) },
  });
  return implement(contract, { talk: () => silence(begun.begin()) });
}

/** A service with these actions behind a gateway, and what it has begun. */
async function serving(): Promise<{ begun: Begun; gateway: string; service: string; path: string }> {
  const name = uniqueName("hang-ups");
  const begun = new Begun();
  const actions = actionsOf(begun);
  const upload = { kind: "raw", maxBytes: 1_000_000 } as const;
  const map = Object.fromEntries(
    Object.keys(actions).map((key) => [
      key,
      key === "upload" || key === "echo" ? { POST: true as const, upload } : { GET: true as const },
    ]),
  );
  function plugin(this: { add: (pattern: object, action: SenecaAction) => void }) {
    for (const [key, action] of Object.entries(actions)) this.add({ module: name, if: key }, action as never);
  }
  const routes = { prefix: `/${name}`, pin: `module:${name},if:*`, map };
  const modules = [{ plugin: plugin as never, routes }];
  const service = await startService({ name, modules, contracts: [talking(name, begun)] });
  const gateway = await startGateway({ name: uniqueName("gateway") });
  await until(() => gateway.routes.some(({ target }) => target === name), "the gateway serves it");
  const [one = "", other = ""] = [gateway.addresses.http, service.addresses.http];
  return { begun, gateway: one, service: other, path: `/${name}` };
}

function open(url: string, text: string): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.on("error", () => {});
  onTestFinished(() => void socket.destroy());
  socket.write(text);
  return socket;
}

/** Clients that go at different moments around the beginning of their answer. */
const moments = Array.from({ length: 30 }, (_, at) => at % 10);

const ways = {
  "hangs up": (socket: Socket) => socket.resume().destroy(),
  "closes its side": (socket: Socket) => socket.resume().end(),
};

const requests: Record<string, (path: string) => string> = {
  "of bytes": (path) => `GET ${path}/bytes HTTP/1.1\r\nhost: a\r\n\r\n`,
  "of compressed text": (path) => `GET ${path}/text HTTP/1.1\r\nhost: a\r\naccept-encoding: gzip\r\n\r\n`,
  "of a part of a file": (path) => `GET ${path}/file HTTP/1.1\r\nhost: a\r\nrange: bytes=5-5000000000\r\n\r\n`,
  "by Koa": (path) => `GET ${path}/text HTTP/1.1\r\nhost: a\r\nupgrade: h2c\r\naccept-encoding: gzip\r\n\r\n`,
  "that comes late": (path) => `GET ${path}/late HTTP/1.1\r\nhost: a\r\n\r\n`,
  "of events": (path) => `GET ${path}/news HTTP/1.1\r\nhost: a\r\n\r\n`,
  "of events that never come": (path) => `GET ${path}/silence HTTP/1.1\r\nhost: a\r\n\r\n`,
  "behind another": (path) =>
    `GET ${path}/late HTTP/1.1\r\nhost: a\r\n\r\nGET ${path}/silence HTTP/1.1\r\nhost: a\r\n\r\n`,
  "over a socket": (path) =>
    `GET ${path}/socket HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n` +
    "sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  "of what it uploads": (path) => `POST ${path}/echo HTTP/1.1\r\nhost: a\r\ncontent-length: 500000\r\n\r\nbegun`,
};

describe.skipIf(!consulAddress)("a client that goes while its answer begins", () => {
  it.each(Object.keys(ways) as (keyof typeof ways)[])("and %s leaves nothing behind", async (way) => {
    const { begun, path, ...servers } = await serving();
    for (const url of Object.values(servers))
      for (const [what, request] of Object.entries(requests)) {
        for (const ms of moments) {
          const socket = open(url, request(path));
          await sleep(ms);
          ways[way](socket);
        }
        await until(() => begun.count === 0, `an answer ${what} is let go by ${url}`);
      }
    expect(begun.total).toBeGreaterThan(100);
  });

  it("while it uploads leaves nothing behind", async () => {
    const { begun, path, ...servers } = await serving();
    for (const url of Object.values(servers))
      for (const way of [ways["hangs up"], ways["closes its side"]]) {
        for (const ms of moments) {
          const socket = open(url, `POST ${path}/upload HTTP/1.1\r\nhost: a\r\ncontent-length: 500000\r\n\r\nbegun`);
          await sleep(ms);
          way(socket);
        }
        await until(() => begun.count === 0, `the uploads end at ${url}`);
      }
    expect(begun.total).toBeGreaterThan(50);
  });
});

it.skipIf(!consulAddress)("a client that reads nothing and closes its side is given up", async () => {
  const { begun, path, ...servers } = await serving();
  for (const url of Object.values(servers)) {
    const socket = open(url, `GET ${path}/flood HTTP/1.1\r\nhost: a\r\n\r\n`).pause();
    let before = 0;
    await until(() => {
      const isStill = begun.chunks > 0 && begun.chunks === before;
      before = begun.chunks;
      return isStill;
    }, `${url} waits for it to read`);
    socket.end();
    await until(() => begun.count === 0, `it is let go by ${url}`);
  }
});

describe.skipIf(!consulAddress)("an answer that ends before its stream", () => {
  it.each([
    ["HEAD", ""],
    ["GET", "range: bytes=0-9\r\n"],
  ])("to %s lets it go", async (method, headers) => {
    const { begun, path, ...servers } = await serving();
    for (const url of Object.values(servers)) {
      open(url, `${method} ${path}/file HTTP/1.1\r\nhost: a\r\n${headers}\r\n`).resume();
      await until(() => begun.total > 0 && begun.count === 0, `it is let go by ${url}`);
      begun.total = 0;
    }
  });
});
