import { spawn } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { consulAddress, startGateway, startService, uniqueName, until } from "../support/services.js";

const root = join(import.meta.dirname, "../../../..");
const readme = readFileSync(join(root, "README.md"), "utf8");

/** The code block that follows a heading. */
function snippetUnder(heading: string): string {
  const section = readme.split(`## ${heading}\n`)[1] ?? "";
  return /```js\n([\s\S]*?)```/.exec(section)?.[1] ?? "";
}

describe.skipIf(!consulAddress)("the README's service", () => {
  it("has 20 lines at most, runs as it stands, and is served by a gateway and called by a service", async () => {
    const name = uniqueName("greeter");
    const snippet = snippetUnder("Write a service").replace('"greeter"', JSON.stringify(name));
    expect(snippet.trim().split("\n").length).toBeLessThanOrEqual(20);
    // Below the repository, so that `vastify` is found as the README says.
    const file = join(root, `.${name}.test.mjs`);
    writeFileSync(file, snippet);
    onTestFinished(() => rmSync(file));
    const child = spawn(process.execPath, [file], {
      env: { ...process.env, CONSUL_HTTP_ADDR: consulAddress },
      stdio: "ignore",
    });
    onTestFinished(() => void child.kill("SIGKILL"));

    const gateway = await startGateway({ name: uniqueName("gateway") });
    await until(() => gateway.routes.some(({ target }) => target === name), "the gateway found it");
    const shouted = await fetch(`${gateway.addresses.http}/greet/shout/Ada`);
    expect(await shouted.json()).toEqual({ text: "HELLO, ADA!" });
    const caller = await startService({ name: uniqueName("caller") });
    const call = { $$target: name, greet: "hello", args: { params: { name: "Ada" } } };
    expect(await caller.act(call)).toEqual({ text: "Hello, Ada!" });

    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    expect(await ended).toBe(0);
    await until(
      async () => (await fetch(`${gateway.addresses.http}/greet/hello/Ada`)).status === 503,
      "503 once it left",
    );
  });
});
