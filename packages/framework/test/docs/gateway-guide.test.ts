import { spawn } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import { consulAddress, startGateway, uniqueName, until } from "../support/services.js";

const root = join(import.meta.dirname, "../../../..");
const guide = readFileSync(join(root, "docs/guides/gateway.md"), "utf8");

/** Runs the guide's program of this name, changed a little, and gives what it prints. */
function run(name: string, change: (code: string) => string): Promise<string> {
  const code = guide.split(`<!-- ${name} -->\n\`\`\`js\n`)[1]?.split("```")[0] ?? "";
  // Below the repository, so that `vastify` is found as the guide says.
  const file = join(root, `.${uniqueName(name)}.test.mjs`);
  writeFileSync(file, change(code));
  onTestFinished(() => rmSync(file));
  const env = { ...process.env, CONSUL_HTTP_ADDR: consulAddress };
  const child = spawn(process.execPath, [file], { env, stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  return text(child.stdout);
}

describe.skipIf(!consulAddress)("the gateway guide's", () => {
  it("WebSocket runs as it stands", async () => {
    const name = uniqueName("rooms");
    void run("room.mjs", (code) => code.replaceAll('"rooms"', `"${name}"`).replace("/rooms/", `/${name}/`));
    const gateway = await startGateway({ name: uniqueName("gateway") });
    await until(() => gateway.routes.some(({ target }) => target === name), "the gateway found it");
    const { host } = new URL(gateway.addresses.http ?? "");
    const printed = run("talk.mjs", (code) => code.replace("127.0.0.1:3000/rooms", `${host}/${name}`));
    expect(await printed).toBe('{"room":"lobby","say":"HELLO"}\n');
  });
});
