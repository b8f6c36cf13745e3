import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const here = fileURLToPath(new URL(".", import.meta.url));

/** The names that a new process sees, and whether it ended by itself. */
async function namesBy(code: string): Promise<string[]> {
  const script = `${code}.then((door) => console.log(JSON.stringify(Object.keys(door).sort())))`;
  const { stdout } = await promisify(execFile)(process.execPath, ["-e", script], { cwd: here, timeout: 20_000 });
  return JSON.parse(stdout) as string[];
}

it("gives the same names to require and import", async () => {
  const required = await namesBy('Promise.resolve(require("vastify"))');
  const imported = await namesBy('import("vastify")');
  // Node marks an ES module that is required with this name when it is told to; it is none of ours.
  expect(required.filter((name) => name !== "__esModule")).toEqual(imported);
});

it("has the names of 2018", async () => {
  const names = await namesBy('import("vastify")');
  expect(names).toEqual(
    expect.arrayContaining(["DeployTool", "Logger", "Plugins", "ServerRegister", "getInstance", "web"]),
  );
});

it.each([
  ["vastify", "seneca/seneca.js"],
  ["vastify", "winston/"],
  ["vastify", "consul/"],
  ["vastify", "mongoose"],
  ["vastify", "ioredis"],
  ["vastify", "amqplib"],
  ["vastify", "ws/"],
  ["vastify", "graphql"],
  ["vastify", "koa"],
  ["vastify", "seneca-web"],
  ["vastify", "@fastify/busboy"],
  ["vastify/storage", "ioredis"],
  ["vastify/storage/cache", "ioredis"],
  ["vastify/storage/cache", "mongoose"],
])("%s loads no %s until it is used", async (door, needed) => {
  const code = `import("${door}").then(() => Object.keys(require("node:module")._cache))`;
  const loaded = await namesBy(`${code}.then((files) => Object.fromEntries(files.map((file) => [file, 1])))`);
  expect(loaded.filter((file) => file.includes(`/node_modules/${needed}`))).toEqual([]);
});

it("serves /health without Koa where there are no routes", async () => {
  const code = `Promise.all([import("vastify"), import("vastify/devtools")]).then(async ([vastify, devtools]) => {
    const log = { level: "error" };
    const registry = devtools.createRegistry({ port: 0 });
    const silent = { debug() {}, info() {}, warn() {}, error() {} };
    await registry.start({ signal: new AbortController().signal, log: silent });
    const service = vastify.createService({ name: "quiet", version: "1.0.0", consul: { address: registry.url }, log });
    await service.start();
    const { status } = await fetch(service.addresses.http + "/health").then((answer) => answer.json());
    await service.stop();
    await registry.stop();
    return { [status]: 1, ...require("node:module")._cache };
  })`;
  const seen = await namesBy(code);
  expect(seen).toContain("passing");
  expect(seen.filter((file) => /node_modules.(koa|koa-router|seneca-web|lodash)[\\/]/.test(file))).toEqual([]);
});
