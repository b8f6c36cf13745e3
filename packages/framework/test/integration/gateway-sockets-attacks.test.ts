import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { SignJWT } from "jose";
import { describe, expect, it, onTestFinished } from "vitest";
import { createApiKey, type GatewayOptions } from "../../src/index.js";
import { consulAddress, until } from "../support/services.js";
import { openSocket, refusalOf, settled } from "../support/sockets.js";
import { startTalking } from "../support/talk.js";

const secret = "a secret that is long enough for HS256";
const key = createApiKey({ consumer: "reader" });
const auth: NonNullable<GatewayOptions["auth"]> = {
  keys: { consumers: { reader: { keys: [{ id: key.id, hash: key.hash }], scopes: ["talk"] } } },
  tokens: { issuer: "here", audience: "talk", secret, cookie: "session" },
};

async function cookie(): Promise<string> {
  const token = new SignJWT({ scope: "talk" }).setProtectedHeader({ alg: "HS256" }).setSubject("user-7");
  return `session=${await token.setIssuer("here").setAudience("talk").setExpirationTime("1h").sign(new TextEncoder().encode(secret))}`;
}

/** A connection on which the handshake is done and the rest is written by hand. */
async function rawSocket(url: string): Promise<Socket> {
  const { hostname, port, pathname } = new URL(url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  socket.write(`GET ${pathname} HTTP/1.1\r\nhost: ${hostname}:${port}\r\n${handshake}\r\n`);
  const [answer] = await once(socket, "data");
  expect(String(answer)).toMatch(/^HTTP\/1\.1 101 /);
  return socket;
}

const handshake = [
  "connection: Upgrade",
  "upgrade: websocket",
  "sec-websocket-version: 13",
  "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
  "",
].join("\r\n");

/** What is said until the other side closes. */
async function restOf(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk) => chunks.push(chunk));
  await once(socket, "close");
  return Buffer.concat(chunks);
}

describe.skipIf(!consulAddress)("who may open a WebSocket", () => {
  it("shows credentials as for any route", async () => {
    const { url } = await startTalking(
      { auth, peers: { identityKeys: [secret] } },
      { peers: { identityKeys: [secret] } },
    );
    expect(await refusalOf(`${url}/whoami`)).toMatchObject({ status: 401, body: { reason: "not_logged_in" } });
    expect(await refusalOf(`${url}/whoami`, { headers: { "x-api-key": "reader.x.y" } })).toMatchObject({
      status: 401,
      body: { reason: "bad_credentials" },
    });
    const byKey = await openSocket(`${url}/whoami`, { headers: { "x-api-key": key.text } });
    expect(await byKey.next()).toBe(`reader.${key.id}`);
    const byCookie = await openSocket(`${url}/whoami`, { headers: { cookie: await cookie() } });
    expect(await byCookie.next()).toBe("user-7");
  });

  it("is no page of another site: neither with its reader's cookie nor without, unless CORS lets it", async () => {
    const friend = "https://friend.example";
    const { url } = await startTalking({ auth, edge: { cors: { origins: [friend] } } });
    const ours = new URL(url).origin;
    const headers = { cookie: await cookie() };
    const crossSite = { status: 403, body: { reason: "cross_site" } };
    for (const origin of ["https://evil.example", "null", "file://", `${ours}.evil.example`]) {
      expect(await refusalOf(`${url}/whoami`, { origin, headers })).toMatchObject(crossSite);
      expect(await refusalOf(`${url}/open`, { origin, headers })).toMatchObject(crossSite);
      expect(await refusalOf(`${url}/open`, { origin })).toMatchObject(crossSite);
    }
    // What it may open is still not opened in its reader's name.
    expect(await refusalOf(`${url}/whoami`, { origin: friend, headers })).toMatchObject(crossSite);
    const stranger = await openSocket(`${url}/open`, { origin: friend, headers });
    expect(await stranger.next()).toBeNull();
    await openSocket(`${url}/whoami`, { origin: ours, headers });
  });

  it("keeps to the rates and to how many sockets there may be", async () => {
    const rated = await startTalking({ limits: { rates: [{ by: "ip", limit: 1, windowMs: 3_600_000 }] } });
    const first = await openSocket(`${rated.url}/open`);
    expect(first.headers["ratelimit-remaining"]).toBe("0");
    const tooFast = await refusalOf(`${rated.url}/open`);
    expect(tooFast).toMatchObject({ status: 429, body: { reason: "rate_exceeded" } });
    expect(tooFast.headers["retry-after"]).toBeDefined();

    const each = await startTalking({ sockets: { maxEach: 1 } });
    const mine = await openSocket(`${each.url}/open`);
    expect(await refusalOf(`${each.url}/open`)).toMatchObject({ status: 429, body: { reason: "too_many_at_once" } });
    mine.socket.close();
    await mine.closed;
    await until(() => openSocket(`${each.url}/open`), "there is room again");

    const all = await startTalking({ sockets: { max: 1 } });
    await openSocket(`${all.url}/open`);
    expect(await refusalOf(`${all.url}/open`)).toMatchObject({ status: 503, body: { reason: "overloaded" } });
    // Other routes go on.
    expect((await fetch(`${all.url}/open`)).status).toBe(426);
  });
});

describe.skipIf(!consulAddress)("a hostile client of a WebSocket", () => {
  it.each([
    ["a frame without a mask", Buffer.from([0x81, 2, 0x7b, 0x7d]), 1002],
    ["an unknown kind of frame", Buffer.from([0x83, 0x80, 0, 0, 0, 0]), 1002],
    ["reserved bits, as of a compressed message", Buffer.from([0xc1, 0x80, 0, 0, 0, 0]), 1002],
    ["text that is not UTF-8", Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0xff]), 1007],
    ["a length over the limit, before the bytes", Buffer.from([0x81, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]), 1009],
    ["a ping that is too long", Buffer.from([0x89, 0xfe, 1, 0, 0, 0, 0, 0]), 1002],
    ["a continuation of nothing", Buffer.from([0x80, 0x80, 0, 0, 0, 0]), 1002],
  ])("is cut off after %s, and its action hears of it", async (_what, frame, code) => {
    const { url, notes } = await startTalking();
    const socket = await rawSocket(`${url}/chat/lobby`);
    socket.write(frame);
    const rest = await restOf(socket);
    expect([rest[0], rest.readUInt16BE(2)]).toEqual([0x88, code]);
    await until(() => notes.gone.length === 1, "the signal fires");
  });

  it("that does not answer pings is cut off", async () => {
    const { url, notes } = await startTalking({ sockets: { heartbeatMs: 100 } });
    const socket = await rawSocket(`${url}/chat/lobby`);
    const rest = await restOf(socket);
    expect(rest[0]).toBe(0x89);
    await until(() => notes.gone.length === 1, "the signal fires");
  });

  it("that says nothing for long is told so", async () => {
    const { url } = await startTalking({ sockets: { heartbeatMs: 50, idleMs: 100 } });
    const client = await openSocket(`${url}/chat/lobby`);
    expect(await client.closed).toEqual({ code: 3008, reason: "idle" });
  });

  it("is refused when its handshake is none", async () => {
    const { url } = await startTalking();
    const { hostname, port, pathname } = new URL(`${url}/chat/lobby`);
    const answerTo = async (...lines: string[]) => {
      const socket = connect(Number(port), hostname);
      onTestFinished(() => void socket.destroy());
      socket.write([`GET ${pathname} HTTP/1.1`, `host: ${hostname}`, ...lines, "", ""].join("\r\n"));
      return String(await restOf(socket));
    };
    const wanted = ["connection: Upgrade", "upgrade: websocket"];
    const key = "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==";
    expect(await answerTo(...wanted, "sec-websocket-version: 13")).toMatch(/^HTTP\/1\.1 400 .*bad_handshake/s);
    expect(await answerTo(...wanted, "sec-websocket-version: 13", "sec-websocket-key: short")).toMatch(
      /^HTTP\/1\.1 400 /,
    );
    expect(await answerTo(...wanted, key, "sec-websocket-version: 8")).toMatch(
      /^HTTP\/1\.1 426 .*sec-websocket-version: 13/is,
    );
    // What follows a request that is refused is not taken for another one.
    const smuggled = await answerTo(...wanted, "", "GET /health HTTP/1.1", `host: ${hostname}`);
    expect(smuggled.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  });

  it("can't make the gateway hold what its action does not read", async () => {
    const { url, notes } = await startTalking();
    const client = await openSocket(`${url}/collect`);
    const count = 1_000;
    for (let sent = 0; sent < count; sent++) client.send(Buffer.alloc(100_000));
    // Of 100 MB only what fits into the buffers on the way has left the client.
    const left = await settled(() => client.socket.bufferedAmount);
    expect(left).toBeGreaterThan(50_000_000);
    notes.mayRead.resolve();
    await until(() => notes.collected === count * 100_000, "all of it arrives");
  });

  it("that does not read slows its action down", async () => {
    const { url, notes } = await startTalking();
    const client = await openSocket(`${url}/flow`);
    client.socket.pause();
    const flowed = await settled(() => notes.flowed);
    expect(flowed * 60_000).toBeLessThan(50_000_000);
    client.socket.resume();
    await until(() => notes.flowed > flowed + 100, "it goes on");
  });

  it("that pings without reading gets no more pongs than it may", async () => {
    const { url } = await startTalking();
    const socket = await rawSocket(`${url}/open`);
    socket.pause();
    const ping = Buffer.concat([Buffer.from([0x89, 0xfd, 0, 0, 0, 0]), Buffer.alloc(125)]);
    const many = Buffer.concat(Array(10_000).fill(ping));
    for (let round = 0; round < 40; round++) if (!socket.write(many)) await once(socket, "drain");
    let read = 0;
    socket.on("data", (chunk: Buffer) => {
      read += chunk.length;
    });
    // What the system's buffers hold, of 50 MB.
    expect(await settled(() => read)).toBeLessThan(25_000_000);
  });

  it("leaves nothing behind, a thousand times", async () => {
    const { url, notes } = await startTalking();
    await openSocket(`${url}/open`);
    const resources = () => process.getActiveResourcesInfo().length;
    const before = resources();
    const clients = await Promise.all(Array.from({ length: 1_200 }, () => openSocket(`${url}/chat/lobby`)));
    expect(resources()).toBeGreaterThan(before + 1_200);
    for (const [index, { socket }] of clients.entries()) {
      if (index % 2 === 0) socket.close();
      else socket.terminate();
    }
    await until(() => notes.gone.length === clients.length, "every action hears of it");
    await until(() => resources() <= before + 20, "connections and timers are gone");
  });
});
