import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { defineAction, defineContract, describeContract } from "../../contracts/index.js";
import { runCli } from "./run-cli.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "vastify-cli-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
});

function library(version: string, output: z.ZodType) {
  return defineContract({ target: "library", version, actions: { find: defineAction({ output }) } });
}

function written(name: string, content: unknown): string {
  const file = join(folder, name);
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

async function run(...args: string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await runCli(args, { out: (text) => void out.push(text), err: (text) => void err.push(text) });
  return { code, out: out.join("\n"), err: err.join("\n") };
}

const text = z.object({ a: z.string() });
const more = z.object({ a: z.string(), b: z.string() });

describe("vastify diff", () => {
  it("exits with 0 when nothing breaks callers, and with 1 when something does", async () => {
    const older = written("older.json", describeContract(library("1.0.0", text)));
    const newer = written("newer.json", describeContract(library("1.1.0", more)));
    expect(await run("diff", older, newer)).toEqual({
      code: 0,
      out: "compatible  find: the output has changed, compatibly\nlibrary 1.0.0 -> 1.1.0: 0 breaking, 1 compatible",
      err: "",
    });
    const back = await run("diff", newer, older);
    expect(back.code).toBe(1);
    expect(back.out).toMatch(/^breaking {4}find: the output's b may be missing\n.*1 breaking, 0 compatible$/);
  });

  it("gives JSON to those who ask for it", async () => {
    const file = written("one.json", describeContract(library("1.0.0", text)));
    const { code, out } = await run("diff", "--json", file, file);
    expect([code, JSON.parse(out)]).toEqual([0, { isBreaking: false, changes: [] }]);
  });

  it("reads what a service says of itself", async () => {
    const { actions, ...rest } = describeContract(library("1.0.0", text));
    const service = written("service.json", { ...rest, actions, routes: [], patterns: [] });
    expect(await run("diff", service, service)).toMatchObject({ code: 0 });
  });

  it.each([
    ["a file that is not there", "missing.json", undefined],
    ["a file that is no JSON", "bad.json", "{"],
    ["a file without a contract", "none.json", "[]"],
    ["an action that is none", "odd.json", { target: "a", version: "1.0.0", actions: [{}], events: [] }],
    ["a module without a contract", "none.mjs", "export const a = 1;"],
    ["a module that breaks", "broken.mjs", "throw new Error('no');"],
  ])("exits with 2 for %s, and says why", async (_what, name, content) => {
    const file = content === undefined ? join(folder, name) : written(name, content);
    const good = written("good.json", describeContract(library("1.0.0", text)));
    const { code, err } = await run("diff", good, file);
    expect(code).toBe(2);
    expect(err).toContain(`${name} holds no contract that can be read: `);
  });
});

it("vastify client says why an address does not answer", async () => {
  const url = `http://localhost:${await closedPort()}/openapi.json`;
  const { code, err } = await run("client", url);
  expect([code, err]).toEqual([2, expect.stringContaining(`${url} can't be read: connect ECONNREFUSED`)]);
});

describe("vastify describe", () => {
  const contract = (name: string) =>
    `export const ${name} = { target: "library", version: "1.0.0", actions: {}, events: {} };`;

  it("prints the contract that a module exports", async () => {
    const { code, out } = await run("describe", written("one.mjs", contract("library")));
    expect([code, JSON.parse(out)]).toEqual([0, { target: "library", version: "1.0.0", actions: [], events: [] }]);
  });

  it("wants to know which, when there is more than one", async () => {
    const file = written("two.mjs", `${contract("first")}${contract("second")}`);
    expect(await run("describe", file)).toMatchObject({ code: 2, err: expect.stringContaining("first, second") });
    expect(await run("describe", `${file}#second`)).toMatchObject({ code: 0 });
  });
});

it.each([[], ["diff", "one.json"], ["dance"], ["diff", "--fast", "a", "b"]])(
  "vastify %j exits with 2 and says how it is used",
  async (...args) => {
    const { code, err } = await run(...args);
    expect(code).toBe(2);
    expect(err).not.toBe("");
  },
);

it.each([
  ["dance", [], 'there is no command "dance"'],
  ["toString", [], 'there is no command "toString"'],
  ["nginx", [], "vastify nginx takes the one FILE that nginx includes, got none"],
  ["diff", ["one.json"], "vastify diff takes two FILEs, OLD and NEW, got 1"],
  ["generate", ["deploy"], "vastify generate takes no arguments but options, got 1"],
])("vastify %s with %j says first what is wrong", async (command, files, message) => {
  const { code, err } = await run(command, ...files);
  expect([code, err.split("\n")[0]]).toEqual([2, message]);
});

it("vastify --help says how it is used", async () => {
  expect(await run("--help")).toMatchObject({ code: 0, out: expect.stringContaining("vastify diff") });
});
