import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { nginxCommand } from "./nginx-command.js";

it.each([
  ["there is none", "missing"],
  ["a file has its name", "vastify.config.json"],
])("names the folder of the site where %s, before it asks Consul", async (_what, name) => {
  const folder = mkdtempSync(join(tmpdir(), "vastify-nginx-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const gateway = { entry: "main.js", version: "1.0.0", httpPort: 3000 };
  const config = join(folder, "vastify.config.json");
  writeFileSync(config, JSON.stringify({ name: "shop", services: { gateway }, edge: { service: "gateway" } }));
  const file = join(folder, name, "shop.conf");
  const { signal } = new AbortController();
  const options = { file, config, nginx: "nginx", watch: true, consul: { address: "127.0.0.1:1" }, signal };
  const unheard = { out: () => {}, err: () => {} };
  await expect(nginxCommand(options, unheard)).rejects.toMatchObject({
    reason: "bad_option",
    message: `the site's file must be in a folder that exists, and there is no folder ${join(folder, name)}, got "${file}"`,
  });
});
