import { once } from "node:events";
import { Agent, get, type IncomingMessage } from "node:http";
import { connect, createServer, type Socket } from "node:net";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import { eventStream } from "../../src/index.js";
import type { Service } from "../support/framework.js";
import { startWorkProcess } from "../support/processes.js";
import { consulAddress, consulApi, startGateway, startService, uniqueName, until } from "../support/services.js";

/** So long that it does not end while a test runs. */
const forever = 3_600_000;

/** A module whose action answers when it is told to. */
function heldWork() {
  const waiting: (() => void)[] = [];
  const module = {
    plugin: function held(this: Service["seneca"]) {
      this.add("held:work", async () => {
        await new Promise<void>((resolve) => waiting.push(resolve));
        return { done: true };
      });
    },
    routes: { prefix: "/held", pin: "held:*", map: { work: { GET: true } } },
  };
  return { module, waiting };
}

/** Asks over kept connections, as a balancer does. */
function keepingClient() {
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  return async (url: string) => {
    const request = get(url, { agent });
    const [response] = (await once(request, "response")) as [IncomingMessage];
    const { localPort } = response.socket;
    const body = JSON.parse(await text(response));
    return { status: response.statusCode, connection: response.headers.connection, localPort, body };
  };
}

const isRegistered = async (instance: string) => instance in (await consulApi().agent.service.list());

describe.skipIf(!consulAddress)("a service that leaves", () => {
  it("leaves Consul, asks for no requests, and serves on while its callers notice", async () => {
    const name = uniqueName("leaves");
    const { process, instance, addresses } = await startWorkProcess({ name, drain: { noticeMs: forever } });
    const caller = await startService({ name: uniqueName("caller") });
    const keeping = keepingClient();
    const before = await keeping(`${addresses.http}/work/now`);
    const called = await caller.act({ $$target: name, work: "now" });
    expect(called).toEqual(before.body);

    process.kill("SIGTERM");
    await until(async () => !(await isRegistered(instance)), "deregistered");
    // Over the connection kept from before, which the client is asked to give up.
    const kept = await keeping(`${addresses.http}/work/now`);
    expect(kept).toEqual({ ...before, connection: "close" });
    const anew = await keeping(`${addresses.http}/health`);
    expect(anew).toMatchObject({ status: 503, connection: "close", body: { status: "leaving" } });
    expect(anew.localPort).not.toBe(before.localPort);
  });

  it("finishes slow requests over old connections when it takes no new ones any more", async () => {
    const { module, waiting } = heldWork();
    const drain = { noticeMs: 0, graceMs: 60_000 };
    const service = await startService({ name: uniqueName("leaves"), modules: [module], drain });
    const keeping = keepingClient();
    const slow = [1, 2].map(() => keeping(`${service.addresses.http}/held/work`));
    await until(() => waiting.length === 2, "both wait");
    const stopped = service.stop();
    await until(() => isRefused(service.addresses.http), "no new connections");
    for (const release of waiting) release();
    for (const answer of await Promise.all(slow)) expect(answer).toMatchObject({ status: 200, connection: "close" });
    await stopped;
  });

  it("cuts off what takes longer than the grace period", async () => {
    const { module, waiting } = heldWork();
    const drain = { noticeMs: 0, graceMs: 100 };
    const service = await startService({ name: uniqueName("leaves"), modules: [module], drain });
    const slow = keepingClient()(`${service.addresses.http}/held/work`);
    const failed = expect(slow).rejects.toThrow();
    await until(() => waiting.length === 1, "it waits");
    await service.stop();
    await failed;
  });

  it("does not wait for a Consul that does not answer any more", async () => {
    const consul = await consulThatHangs();
    const { address } = consul;
    const service = await startService({ name: uniqueName("leaves"), consul: { address, timeoutMs: forever } });
    consul.hang();
    await service.stop();
  });

  it("leaves on pm2's message too", async () => {
    const { process } = await startWorkProcess({ name: uniqueName("leaves"), drain: { noticeMs: 0 } });
    process.send("shutdown");
    expect(await once(process, "exit")).toEqual([0, null]);
  });
});

describe.skipIf(!consulAddress)("a gateway", () => {
  it("serves every route there is once it says that it is ready", async () => {
    const { module } = heldWork();
    const { name } = await startService({ name: uniqueName("offers"), modules: [module] });
    const gateway = await startGateway({ name: uniqueName("gateway") });
    expect(gateway.routes.map(({ target }) => target)).toContain(name);
  });
});

/** A module with a stream of events that never ends, and a download that ends when it is told to. */
function newsAndFile() {
  const file = new Readable({ read() {} });
  file.push("first, ");
  async function* news(signal: AbortSignal) {
    yield { id: "1", data: "news" };
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
  }
  const module = {
    plugin: function streams(this: Service["seneca"]) {
      this.add("streams:news", async () => eventStream(news) as never);
      this.add("streams:file", async () => file as never);
    },
    routes: { prefix: "/streams", pin: "streams:*", map: { news: { GET: true }, file: { GET: true } } },
  };
  return { module, file };
}

/** An answer of which the beginning has come. */
async function begun(url: string, beginning: string): Promise<{ whole: Promise<string> }> {
  const [response] = (await once(get(url), "response")) as [IncomingMessage];
  let got = "";
  response.setEncoding("utf8").on("data", (part: string) => {
    got += part;
  });
  const whole = once(response, "end").then(() => got);
  await until(() => got === beginning, "it has begun");
  return { whole };
}

describe.skipIf(!consulAddress)("streams of events", () => {
  const drain = { noticeMs: 0, graceMs: 60_000 };
  const beginning = ':\n\nid: 1\ndata: "news"\n\n';

  it.each(["gateway", "service", "service behind a gateway"])("end when their %s leaves", async (who) => {
    const { module, file } = newsAndFile();
    const service = await startService({ name: uniqueName("leaves"), modules: [module], drain });
    const gateway = await startGateway({ name: uniqueName("gateway"), drain });
    await until(() => gateway.routes.some(({ target }) => target === service.name), "the gateway serves it");
    const url = `${(who === "service" ? service : gateway).addresses.http}/streams`;
    const news = await begun(`${url}/news`, beginning);
    const download = await begun(`${url}/file`, "first, ");
    const stopped = (who === "gateway" ? gateway : service).stop();
    // Not broken off: as a whole answer, after which a browser asks again.
    expect(await news.whole).toBe(beginning);
    file.push("last");
    file.push(null);
    expect(await download.whole).toBe("first, last");
    await stopped;
  });
});

async function isRefused(url: string | undefined): Promise<boolean> {
  const { hostname, port } = new URL(url ?? "");
  const socket = connect(Number(port), hostname);
  const refused = await once(socket, "connect").then(
    () => false,
    () => true,
  );
  socket.destroy();
  return refused;
}

/** The real Consul, until it is told to answer nobody. */
async function consulThatHangs() {
  const [host, port] = consulAddress.split(":");
  const sockets: Socket[] = [];
  let isHanging = false;
  const proxy = createServer((socket) => {
    const upstream = connect(Number(port), host);
    sockets.push(socket, upstream);
    for (const end of [socket, upstream]) end.on("error", () => {});
    if (!isHanging) socket.pipe(upstream).pipe(socket);
  }).listen(0, "127.0.0.1");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });
  await once(proxy, "listening");
  const { port: own } = proxy.address() as { port: number };
  return {
    address: `127.0.0.1:${own}`,
    hang() {
      isHanging = true;
      for (const socket of sockets) socket.unpipe();
    },
  };
}
