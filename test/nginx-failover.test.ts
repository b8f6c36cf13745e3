import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { findFreePorts, type RunningConsul, type RunningNginx, startConsul, startNginx } from "@vastify/backends";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { requestsDuring } from "./support/requests-during.js";
import { useServices } from "./support/service-process.js";

const vastify = resolve(import.meta.dirname, "../packages/framework/bin/vastify.mjs");
// A reload closes kept connections that are idle, and a request may just be on its way over one.
const newConnections = { keepConnections: false };
const patience = { timeout: 30_000, interval: 50 };

describe("vastify nginx --watch, in front of gateways", () => {
  let consul: RunningConsul;
  let nginx: RunningNginx;
  let folder: string;
  let watching: ChildProcess | undefined;
  let printed = "";
  let url: string;
  const services = useServices(afterEach, () => ({ CONSUL_HTTP_ADDR: consul.httpAddr }));
  const site = () => join(nginx.sites, "shop.conf");

  beforeAll(async () => {
    [consul, nginx, folder] = await Promise.all([
      startConsul(),
      startNginx(),
      mkdtemp(join(tmpdir(), "vastify-edge-")),
    ]);
    const [port] = (await findFreePorts(1)) as [number];
    url = `http://127.0.0.1:${port}/config`;
    const manifest = join(folder, "vastify.config.json");
    const gateway = { entry: "main.js", version: "1.0.0", httpPort: 3000 };
    const edge = { service: "gateway", httpPort: port };
    await writeFile(manifest, JSON.stringify({ name: "shop", services: { gateway }, edge }));
    const args = ["nginx", site(), "--watch", "--config", manifest, "--nginx", nginx.command];
    watching = spawn(process.execPath, [vastify, ...args], {
      env: { PATH: process.env.PATH, CONSUL_HTTP_ADDR: consul.httpAddr },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [watching.stdout, watching.stderr])
      stream?.setEncoding("utf8").on("data", (text) => (printed += text));
  });
  afterAll(async () => {
    if (watching) {
      const ended = once(watching, "exit");
      watching.kill("SIGTERM");
      expect((await ended)[0]).toBe(0);
    }
    await Promise.all([nginx?.stop(), consul?.stop()]);
    await rm(folder, { recursive: true, force: true });
  });

  /** The addresses that nginx balances over. */
  async function upstreams(): Promise<string[]> {
    const text = await readFile(site(), "utf8").catch(() => "");
    return [...text.matchAll(/^ {2}server (\S+) /gm)].map(([, address]) => `http://${address}`).sort();
  }
  const whenUpstreamsAre = (...urls: readonly string[]) =>
    vi.waitFor(async () => expect(await upstreams(), printed).toEqual([...urls].sort()), patience);

  /** nginx reads what is written in its own time: until all of these gateways, and no others, have answered through it. */
  const whenServedBy = (...gateways: readonly { readonly url: string }[]) =>
    vi.waitFor(async () => {
      const instanceOf = async (base: string) => {
        const response = await fetch(new URL("/health", base), { headers: { connection: "close" } });
        return ((await response.json()) as { instance: string }).instance;
      };
      const through = await Promise.all(Array.from({ length: 40 }, () => instanceOf(url)));
      const wanted = await Promise.all(gateways.map((gateway) => instanceOf(gateway.url)));
      expect([...new Set(through)].sort()).toEqual(wanted.sort());
    }, patience);

  it("follows who lives, and loses no request when a gateway is killed or leaves", { timeout: 120_000 }, async () => {
    await services.start("config-server");
    const [first, second] = await Promise.all([services.start("gateway"), services.start("gateway")]);
    await whenUpstreamsAre(first.url, second.url);
    await whenServedBy(first, second);
    await vi.waitFor(async () => expect((await fetch(url)).status).toBe(200), patience);

    const killed = await requestsDuring(url, () => first.kill(), newConnections);
    expect(killed.failures).toEqual([]);

    const third = await services.start("gateway");
    await whenServedBy(second, third);
    const left = await requestsDuring(url, () => second.stop(), newConnections);
    expect(left.failures).toEqual([]);
    await whenUpstreamsAre(third.url);
  });
});
