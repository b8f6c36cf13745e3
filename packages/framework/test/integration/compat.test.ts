import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { connectConsul } from "../../src/discovery/index.js";
import { ServerRegister, VastifyError } from "../../src/index.js";
import { consulApi, until } from "../support/services.js";

const fixtures = fileURLToPath(new URL("../fixtures/compat/", import.meta.url));
const consulAddress = process.env.TEST_CONSUL_HTTP_ADDR ?? "";
const [consulHost = "", consulPort = ""] = consulAddress.split(":");
const consulEnv = { CONSUL_HOST: consulHost, CONSUL_PORT: consulPort };
const children = new Set<ChildProcess>();

afterEach(async () => {
  await Promise.all([...children].map(stop));
});

describe("the article's first microservice", () => {
  it("answers curl and a plain Seneca client with a pin", async () => {
    const port = await freePort();
    await startUntilReady("config-server.cjs", { MICROSERVICE_PORT: String(port) });
    const codes = { SUCCESS_NORMAL_RES: { code: 1000, desc: "服务端正常响应" } };

    expect(await getJson(`http://127.0.0.1:${port}/act?$$target=config-server&cmd=config`)).toEqual(codes);
    const { lines } = await run("pinned-caller.cjs", [], { MICROSERVICE_PORT: String(port) });
    expect(JSON.parse(lines[0] ?? "")).toEqual(codes);
  });

  it("survives what ends a stock Seneca, and tells nothing of itself", async () => {
    const port = await freePort();
    await startUntilReady("config-server.cjs", { MICROSERVICE_PORT: String(port) });
    const url = `http://127.0.0.1:${port}/act`;

    expect((await fetch(url)).status).toBe(404);
    expect((await fetch(url, { method: "POST" })).status).toBe(404);
    const options = await fetch(`${url}?role=seneca&get=options`);
    expect(options.status).toBe(404);
    expect(await getJson(`${url}?$$target=config-server`)).toHaveProperty("SUCCESS_NORMAL_RES");
  });

  it("answers everything when its pattern is `$target$:…`, as the first listing has it", async () => {
    const port = await freePort();
    await startUntilReady("catch-all.cjs", { MICROSERVICE_PORT: String(port) });
    expect(await getJson(`http://127.0.0.1:${port}/act?cmd=config`)).toHaveProperty("SUCCESS_NORMAL_RES.code", 1000);
  });

  it("ends with the reason when its port is taken", async () => {
    const server = createTcpServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const { code, errors } = await run("config-server.cjs", [], { MICROSERVICE_PORT: String(port) });
    server.close();
    expect(code).not.toBe(0);
    expect(errors).toContain(`port ${port} on 127.0.0.1 is taken`);
  });
});

describe.each(["rest-server.cjs", "plain-rest-server.cjs"])("the article's user module on %s", (file) => {
  it("lists, loads, creates, edits and deletes over REST", async () => {
    const port = await freePort();
    await startUntilReady(file, { HTTP_PORT: String(port) });
    const base = `http://127.0.0.1:${port}/user`;
    const names = (users: unknown) => (users as { name: string }[]).map((user) => user.name);

    expect(names(await getJson(base))).toEqual(["甲", "乙", "丙"]);
    expect(await getJson(`${base}/3`)).toEqual({ id: 3, name: "丙" });
    expect(names(await sendJson("POST", base, { name: "丁" }))).toEqual(["甲", "乙", "丙", "丁"]);
    expect(names(await sendJson("PUT", `${base}/2`, { name: "戊" }))).toEqual(["甲", "戊", "丙", "丁"]);
    expect(names(await sendJson("DELETE", `${base}/1`))).toEqual(["戊", "丙", "丁"]);
    expect(await sendJson("DELETE", `${base}/99`)).toEqual({ success: false });
  });
});

it("runs an author's middleware before the modules' routes", async () => {
  const port = await freePort();
  await startUntilReady("rest-server.cjs", { HTTP_PORT: String(port) });
  const response = await fetch(`http://127.0.0.1:${port}/user`);
  expect(response.headers.get("x-before")).toBe("the routes");
});

describe.skipIf(!process.env.TEST_MONGODB_URI)("with MongoDB", () => {
  it("gives models a connection, and closes it", async () => {
    const { lines } = await run("db-user.cjs", [], { MONGODB_URI: process.env.TEST_MONGODB_URI ?? "" });
    expect(lines).toEqual(["路人甲", "closed"]);
  });
});

describe.skipIf(consulAddress === "")("with Consul", () => {
  const consul = connectConsul({ address: consulAddress || "127.0.0.1:8500" });
  afterAll(() => consul.close());

  async function entryOf(name: string): Promise<Record<string, unknown> | undefined> {
    const entries = (await consul.api.health.service({ service: name })) as unknown as Record<string, unknown>[];
    return entries[0];
  }

  describe("account-server's start-up", () => {
    it("is seen in Consul with its check and its Notes, and leaves on SIGTERM", async () => {
      const name = uniqueName("account-server");
      const [httpPort, microservicePort] = [await freePort(), await freePort()];
      const child = await startUntilReady("account-server.cjs", {
        ...consulEnv,
        NAME: name,
        HTTP_PORT: String(httpPort),
        MICROSERVICE_PORT: String(microservicePort),
      });

      const entry = await entryOf(name);
      expect(entry).toMatchObject({
        Service: { Service: name, Address: "127.0.0.1", Port: httpPort, ID: expect.stringContaining(`${name}@`) },
      });
      const checks = entry?.Checks as { ServiceID: string; Notes: string; Definition: { HTTP?: string } }[];
      const notes = checks.map((check) => check.Notes).find((text) => text !== "");
      expect(JSON.parse(notes ?? "")).toEqual({ $$version: "1.0.0", $$microservicePort: microservicePort });
      expect(await getJson(`http://127.0.0.1:${httpPort}/health`)).toMatchObject({
        status: "passing",
        version: "1.0.0",
      });
      expect(await getJson(`http://127.0.0.1:${httpPort}/user/1`)).toEqual({ id: 1, name: "甲" });

      child.kill("SIGTERM");
      const [, signal] = await once(child, "exit");
      expect(signal).toBe("SIGTERM");
      expect(await entryOf(name)).toBeUndefined();
    });
  });

  describe("the routing plugin", () => {
    const name = uniqueName("account-server");
    const servers: ChildProcess[] = [];
    beforeAll(async () => {
      for (const VERSION of ["1.0.0", "2.0.0"]) {
        const [httpPort, microservicePort] = [await freePort(), await freePort()];
        const child = await startUntilReady("account-server.cjs", {
          ...consulEnv,
          VERSION,
          NAME: name,
          HTTP_PORT: String(httpPort),
          MICROSERVICE_PORT: String(microservicePort),
        });
        children.delete(child);
        servers.push(child);
      }
    });
    afterAll(async () => {
      await Promise.all(servers.map(stop));
    });

    it.each(["plain-caller.cjs", "imported-caller.mjs"])("leads %s to the version that it asks for", async (file) => {
      // A machine at its limit may have been too late for one of Consul's checks.
      await until(async () => {
        const entries = (await consulApi().health.service({ service: name, passing: true })) as unknown[];
        return entries.length === 2;
      }, "both are healthy");
      const messages = [
        { $$target: name, $$version: "1.0.0" },
        { $$target: name, $$version: "^2.0.0" },
        { $$target: name },
        { $$target: name, $$version: "3.0.0" },
        { $$target: uniqueName("nobody") },
      ];
      const { lines } = await run(
        file,
        messages.map((message) => JSON.stringify(message)),
        consulEnv,
      );
      const answers = lines.slice(0, messages.length).map((line) => JSON.parse(line));
      expect(answers).toMatchObject([
        { result: { code: 1000, name, version: "1.0.0" } },
        { result: { code: 1000, name, version: "2.0.0" } },
        { result: { code: 1000, name, version: "2.0.0" } },
        { error: { reason: "no_version" } },
        { error: { reason: "no_target" } },
      ]);
      // Nothing holds the process after close.
      expect(lines.at(-1)).toBe("closed");
    });
  });

  describe("ServerRegister.register", () => {
    const right = {
      name: "refused",
      host: "127.0.0.1",
      port: 3333,
      meta: { $$version: "1.0.0", $$microservicePort: 10015 },
    };
    const consulServer = { host: consulHost, port: Number(consulPort) };

    it.each([
      ["bizService", undefined],
      ["name", { ...right, name: undefined }],
      ["name", { ...right, name: "" }],
      ["name", { ...right, name: 7 }],
      ["name", { ...right, name: "no spaces" }],
      ["host", { ...right, host: undefined }],
      ["host", { ...right, host: "" }],
      ["port", { ...right, port: undefined }],
      ["port", { ...right, port: "3333" }],
      ["port", { ...right, port: 0 }],
      ["port", { ...right, port: 65_536 }],
      ["meta", { ...right, meta: undefined }],
      ["$$version", { ...right, meta: { ...right.meta, $$version: undefined } }],
      ["$$version", { ...right, meta: { ...right.meta, $$version: "one" } }],
      ["$$microservicePort", { ...right, meta: { ...right.meta, $$microservicePort: undefined } }],
      ["$$microservicePort", { ...right, meta: { ...right.meta, $$microservicePort: null } }],
      ["$$microservicePort", { ...right, meta: { ...right.meta, $$microservicePort: "10015" } }],
    ])("refuses a wrong %s, names it, and registers nothing (%#)", async (field, bizService) => {
      const refused = ServerRegister.register({ consulServer, bizService: bizService as never });
      const error = await refused.then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(VastifyError.is(error)).toBe(true);
      expect(error).toMatchObject({ code: "invalid_argument", reason: "bad_option" });
      expect((error as Error).message).toContain(`${field} must be`);
      expect(await entryOf("refused")).toBeUndefined();
    });

    it("refuses an endpoint that another live service holds", async () => {
      const server = createServer((_request, response) => response.end("{}")).listen(0, "127.0.0.1");
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      const [first, second] = [uniqueName("first"), uniqueName("second")];
      const held = await ServerRegister.register({ consulServer, bizService: { ...right, name: first, port } });
      try {
        const refused = new ServerRegister().register({ consulServer, bizService: { ...right, name: second, port } });
        await expect(refused).rejects.toMatchObject({ code: "already_exists", reason: "endpoint_taken" });
        expect(await entryOf(second)).toBeUndefined();
      } finally {
        await held.deregister();
        server.close();
      }
      expect(await entryOf(first)).toBeUndefined();
    });

    it("writes the rest of meta into the Notes too", async () => {
      const name = uniqueName("noted");
      const held = await ServerRegister.register({
        consulServer,
        bizService: {
          ...right,
          name,
          port: await freePort(),
          meta: { ...right.meta, description: "accounts", zone: "b" },
        },
      });
      const checks = (await entryOf(name))?.Checks as { Notes: string }[];
      await held.deregister();
      const notes = checks.map((check) => check.Notes).find((text) => text !== "");
      expect(JSON.parse(notes ?? "")).toEqual({ ...right.meta, zone: "b" });
    });

    it("listens for signals only while it is registered", async () => {
      const before = process.listenerCount("SIGTERM");
      const port = await freePort();
      const held = await ServerRegister.register({
        consulServer,
        bizService: { ...right, name: uniqueName("signals"), port },
      });
      expect(process.listenerCount("SIGTERM")).toBe(before + 1);
      await held.deregister();
      await held.deregister();
      expect(process.listenerCount("SIGTERM")).toBe(before);
    });
  });
});

function uniqueName(base: string): string {
  return `${base}-${Math.random().toString(36).slice(2, 10)}`;
}

async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function start(file: string, args: readonly string[], env: Record<string, string>): ChildProcess {
  const child = spawn(process.execPath, [`${fixtures}${file}`, ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.add(child);
  child.once("exit", () => children.delete(child));
  return child;
}

/** Starts a fixture and resolves once it prints `ready`. */
async function startUntilReady(file: string, env: Record<string, string>): Promise<ChildProcess> {
  const child = start(file, [], env);
  const said: string[] = [];
  child.stderr?.on("data", (chunk: Buffer) => said.push(String(chunk)));
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
      said.push(line);
      if (line === "ready") resolve();
    });
    child.once("exit", () => reject(new Error(`${file} ended before it was ready: ${said.join("\n")}`)));
  });
  return child;
}

async function run(file: string, args: readonly string[], env: Record<string, string>) {
  const child = start(file, args, env);
  const [lines, errors]: [string[], string[]] = [[], []];
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", (line) => lines.push(line));
  child.stderr?.on("data", (chunk: Buffer) => errors.push(String(chunk)));
  const [code] = await once(child, "close");
  return { lines, errors: errors.join(""), code: code as number | null };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  await gone;
}

async function getJson(url: string): Promise<unknown> {
  const response = await fetch(url);
  return response.json();
}

async function sendJson(method: string, url: string, body?: unknown): Promise<unknown> {
  const response = await fetch(url, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  return response.json();
}
