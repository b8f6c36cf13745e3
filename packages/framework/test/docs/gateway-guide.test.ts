import { spawn } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import { freePort } from "../support/processes.js";
import { consulAddress, uniqueName, until } from "../support/services.js";

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
  it("gateway and WebSocket run as they stand", async () => {
    const name = uniqueName("rooms");
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    void run("room.mjs", (code) => code.replaceAll('"rooms"', `"${name}"`).replace("/rooms/", `/${name}/`));
    void run("gateway.mjs", (code) => code.replace("my-gateway", uniqueName("gateway")).replace("3100", String(port)));
    await until(async () => {
      const { paths } = (await (await fetch(`${url}/openapi.json`)).json()) as { paths: object };
      return `/${name}/{room}` in paths;
    }, "the gateway found it");

    const printed = run("talk.mjs", (code) => code.replace("127.0.0.1:3000/rooms", `127.0.0.1:${port}/${name}`));
    expect(await printed).toBe('{"room":"lobby","say":"HELLO"}\n');
    const other = await fetch(`${url}/${name}/lobby`, { headers: { "accept-version": "^9" } });
    expect([other.status, await other.json()]).toMatchObject([503, { reason: "no_version" }]);
    const statuses = [];
    for (let asked = 2; asked <= 6; asked++) statuses.push((await fetch(`${url}/${name}/lobby`)).status);
    expect(statuses).toEqual([426, 426, 426, 426, 429]);
    expect(await (await fetch(`${url}/health`)).json()).toMatchObject({ status: "passing" });
  });
});
