import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { generateCommand } from "./generate-command.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "vastify-generate-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  declare({ name: "shop", services: { stock: { entry: "main.js", version: "1.0.0", httpPort: 3000 } } });
});

function declare(system: unknown): void {
  writeFileSync(join(folder, "vastify.config.json"), JSON.stringify(system));
}

async function generate(options: { check?: boolean; force?: boolean; config?: string } = {}) {
  const out: string[] = [];
  const output = { out: (text: string) => void out.push(text) };
  const code = await generateCommand({ check: false, force: false, ...options }, output, folder);
  return { code, out: out.join("\n") };
}

describe("vastify generate", () => {
  it("writes files that --check then finds up to date", async () => {
    expect((await generate()).out).toContain("wrote deploy/ecosystem.config.js");
    expect(await generate({ check: true })).toEqual({ code: 0, out: "" });
    expect((await generate()).out).toMatch(/^\d+ files, 0 changed$/);
  });

  it.each(["module", "commonjs", undefined])(
    "makes ecosystem files that pm2 can load where package.json says type %s",
    async (type) => {
      writeFileSync(join(folder, "package.json"), JSON.stringify({ type }));
      await generate();
      const required = createRequire(import.meta.url)(join(folder, "ecosystem.config.js"));
      expect(required.apps).toMatchObject([{ name: "stock", script: "main.js", cwd: folder }]);
      expect(required.deploy).toEqual({});
      expect(await generate({ check: true })).toEqual({ code: 0, out: "" });
    },
  );

  it("makes scripts that can be run", async () => {
    await generate();
    expect(statSync(join(folder, "deploy/release.sh")).mode & 0o111).toBe(0o111);
  });

  it("with --check shows what would change, and writes nothing", async () => {
    await generate();
    const before = readFileSync(join(folder, "deploy/ecosystem.config.js"), "utf8");
    declare({ name: "shop", services: { stock: { entry: "main.js", version: "1.0.0", httpPort: 4000 } } });
    const { code, out } = await generate({ check: true });
    expect(code).toBe(1);
    expect(out).toMatch(/^deploy\/ecosystem\.config\.js is not as it would be written:\n/);
    expect(out).toMatch(/^-.*HTTP_PORT: 3000/m);
    expect(out).toMatch(/^\+.*HTTP_PORT: 4000/m);
    expect(readFileSync(join(folder, "deploy/ecosystem.config.js"), "utf8")).toBe(before);
  });

  it("tells of what it wrote before and would no longer write, and keeps it", async () => {
    declare({
      name: "shop",
      services: {
        stock: { entry: "main.js", version: "1.0.0", httpPort: 3000 },
        till: { entry: "till.js", version: "1.0.0", httpPort: 3001 },
      },
    });
    await generate();
    writeFileSync(join(folder, "deploy/kubernetes/own.yaml"), "# somebody's own\n");
    declare({ name: "shop", services: { stock: { entry: "main.js", version: "1.0.0", httpPort: 3000 } } });
    const told = "deploy/kubernetes/till.yaml is no longer generated: delete it";
    expect((await generate()).out).toContain(`${told}\n`);
    expect(await generate({ check: true })).toEqual({ code: 1, out: told });
    rmSync(join(folder, "deploy/kubernetes/till.yaml"));
    expect(await generate({ check: true })).toEqual({ code: 0, out: "" });
  });

  it("does not overwrite what somebody else wrote, unless it is forced to", async () => {
    const own = join(folder, "ecosystem.config.js");
    writeFileSync(own, "module.exports = {};\n");
    await expect(generate()).rejects.toMatchObject({ reason: "not_generated" });
    expect(readFileSync(own, "utf8")).toBe("module.exports = {};\n");
    await generate({ force: true });
    expect(readFileSync(own, "utf8")).toContain("vastify generate");
  });

  it.each([
    ["there is no manifest", { config: "none.json" }, "no such file"],
    ["the manifest is wrong", { config: "wrong.json" }, "name must be a name of lower-case letters"],
    ["the manifest breaks", { config: "broken.mjs" }, "on purpose"],
    ["the manifest exports nothing", { config: "empty.mjs" }, "the system must be an object"],
  ])("says why when %s", async (_what, options, why) => {
    writeFileSync(join(folder, "wrong.json"), JSON.stringify({ name: "A Shop", services: {} }));
    writeFileSync(join(folder, "broken.mjs"), 'throw new Error("on purpose");');
    writeFileSync(join(folder, "empty.mjs"), "export const a = 1;");
    const failed = generate(options);
    await expect(failed).rejects.toMatchObject({ code: "invalid_argument", reason: "bad_manifest" });
    await expect(failed).rejects.toThrow(why);
  });
});
