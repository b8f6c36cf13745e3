import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { runCli } from "../../src/devtools/index.js";
import { defineAction, defineContract, implement, type Seneca } from "../../src/index.js";
import { consulAddress, startGateway, startService, uniqueName, until } from "../support/services.js";

const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
const strict =
  "--strict --noUncheckedIndexedAccess --exactOptionalPropertyTypes --module nodenext --target es2022".split(" ");

/** Compiles as the strictest of users would. @throws what the compiler says */
async function compile(folder: string, file: string): Promise<void> {
  const args = [tsc, ...strict, "--lib", "es2022,dom", file];
  await promisify(execFile)(process.execPath, args, { cwd: folder }).catch(({ stdout }) =>
    Promise.reject(new Error(stdout)),
  );
}

type Functions = Record<string, (input?: object, call?: object) => Promise<unknown>>;

describe.skipIf(!consulAddress)("a client that `vastify client` writes", () => {
  it("compiles, calls each operation by its types, and gives errors that say why", async () => {
    const target = uniqueName("library");
    const book = z.object({ id: z.int(), title: z.string(), tags: z.array(z.string()).default([]) });
    const contract = defineContract({
      target,
      version: "1.0.0",
      actions: {
        findBook: defineAction({
          summary: "Finds a book */ throw 1; /*",
          access: "public",
          rest: { method: "GET", path: `/${target}/books/:id` },
          input: z.object({ id: z.int(), tags: z.array(z.string()).optional() }),
          output: book,
        }),
        editBook: defineAction({
          access: "public",
          rest: { method: "PUT", path: `/${target}/books/:id` },
          input: book,
          output: book,
        }),
        dropBook: defineAction({
          access: "public",
          rest: { method: "DELETE", path: `/${target}/books/:id` },
          input: z.object({ id: z.int() }),
        }),
        addCover: defineAction({
          access: "public",
          rest: { method: "POST", path: `/${target}/books/:id/cover`, upload: { kind: "raw" } },
          input: z.object({ id: z.int() }),
          output: z.object({ bytes: z.int() }),
        }),
      },
    });
    await startService({
      name: target,
      contracts: [
        implement(contract, {
          findBook: ({ id, tags = [] }) => ({ id, title: "one", tags }),
          editBook: (edited) => edited,
          dropBook: () => {},
          async addCover(_input, { upload }) {
            let bytes = 0;
            for await (const chunk of upload.stream) bytes += chunk.length;
            return { bytes };
          },
        }),
      ],
      modules: [
        {
          plugin: function shelves(this: Seneca) {
            this.add("shelf:list", async () => [1, 2]);
          },
          routes: { prefix: `/${target}/shelf`, pin: "shelf:*", map: { list: { GET: true, name: "" } } },
        },
      ],
    });
    const gateway = await startGateway({ name: uniqueName("gateway") });
    await until(() => gateway.routes.filter((route) => route.target === target).length === 5, "all is served");
    const baseUrl = gateway.addresses.http ?? "";
    const written: string[] = [];
    const output = { out: (text: string) => void written.push(text), err: (text: string) => void written.push(text) };
    expect(await runCli(["client", `${baseUrl}/openapi.json?target=${target}`], output)).toBe(0);

    const folder = mkdtempSync(join(tmpdir(), "vastify-client-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, "package.json"), '{"type":"module"}');
    writeFileSync(join(folder, "client.ts"), written.join("\n"));
    const own = JSON.stringify(target);
    writeFileSync(
      join(folder, "use.ts"),
      `import { createClient } from "./client.js";
       const library = createClient({ baseUrl: "" })[${own}];
       export const title = async (): Promise<string> => (await library.findBook({ id: 7, tags: ["a"] })).title;
       export const none = async (): Promise<void> => library.dropBook({ id: 7 });
       // @ts-expect-error the id is a number
       library.findBook({ id: "7" });
       // @ts-expect-error the title is missing
       library.editBook({ id: 7 });`,
    );
    await compile(folder, "use.ts");

    const { createClient, ApiError } = await import(pathToFileURL(join(folder, "client.js")).href);
    const library = (createClient({ baseUrl }) as Record<string, Functions>)[target] as Functions;
    expect(await library.findBook?.({ id: 7, tags: ["a b", "c"] })).toEqual({
      id: 7,
      title: "one",
      tags: ["a b", "c"],
    });
    expect(await library.editBook?.({ id: 8, title: "two" })).toEqual({ id: 8, title: "two", tags: [] });
    expect(await library.dropBook?.({ id: 8 })).toBeUndefined();
    expect(await library.addCover?.({ id: 8, body: "12345" })).toEqual({ bytes: 5 });
    const [untyped = ""] = Object.keys(library).filter((name) => name.includes("shelf"));
    expect(await library[untyped]?.()).toEqual([1, 2]);
    const refused = await library.findBook?.({ id: "x" }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ApiError);
    expect(refused).toMatchObject({ status: 400, code: "invalid_argument", reason: "bad_input" });
    for (const id of ["", ".", "..", undefined])
      await expect(library.dropBook?.({ id }), "it would be for another path").rejects.toThrow(TypeError);
  });
});
