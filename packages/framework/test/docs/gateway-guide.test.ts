import { spawn } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import { freePort } from "../support/processes.js";
import { consulAddress, startGateway, startService, uniqueName, until } from "../support/services.js";

const root = join(import.meta.dirname, "../../../..");
const guide = readFileSync(join(root, "docs/guides/gateway.md"), "utf8");
const readme = readFileSync(join(root, "README.md"), "utf8");

/** Runs the guide's program of this name, changed a little, and gives its output. */
function start(name: string, change: (code: string) => string): Readable {
  return startCode(name, change(guide.split(`<!-- ${name} -->\n\`\`\`js\n`)[1]?.split("```")[0] ?? ""));
}

/** Runs the README's service under a name of the test's own, with its routes below that name. */
function startGreeter(name: string): void {
  const code = /```js\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
  startCode("greeter.mjs", code.replace('"greeter"', `"${name}"`).replace('"/greet"', `"/${name}"`));
}

function startCode(name: string, code: string): Readable {
  // Below the repository, so that `vastify` is found as the guide says.
  const file = join(root, `.${uniqueName(name)}.test.mjs`);
  writeFileSync(file, code);
  onTestFinished(() => rmSync(file));
  const env = { ...process.env, CONSUL_HTTP_ADDR: consulAddress };
  const child = spawn(process.execPath, [file], { env, stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child.stdout;
}

/** A gateway that serves this target. */
async function gatewayTo(...targets: string[]): Promise<string> {
  const gateway = await startGateway({ name: uniqueName("gateway") });
  for (const target of targets)
    await until(() => gateway.routes.some((route) => route.target === target), `the gateway found ${target}`);
  return gateway.addresses.http ?? "";
}

describe.skipIf(!consulAddress)("the gateway guide's", () => {
  it("gateway and WebSocket run as they stand", async () => {
    const name = uniqueName("rooms");
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    start("room.mjs", (code) => code.replaceAll('"rooms"', `"${name}"`).replace("/rooms/", `/${name}/`));
    start("gateway.mjs", (code) => code.replace("my-gateway", uniqueName("gateway")).replace("3100", String(port)));
    await until(async () => {
      const { paths } = (await (await fetch(`${url}/openapi.json`)).json()) as { paths: object };
      return `/${name}/{room}` in paths;
    }, "the gateway found it");

    const talk = start("talk.mjs", (code) => code.replace("127.0.0.1:3000/rooms", `127.0.0.1:${port}/${name}`));
    expect(await text(talk)).toBe('{"room":"lobby","say":"HELLO"}\n');
    const other = await fetch(`${url}/${name}/lobby`, { headers: { "accept-version": "^9" } });
    expect([other.status, await other.json()]).toMatchObject([503, { reason: "no_version" }]);
    const statuses = [];
    for (let asked = 2; asked <= 6; asked++) statuses.push((await fetch(`${url}/${name}/lobby`)).status);
    expect(statuses).toEqual([426, 426, 426, 426, 429]);
    expect(await (await fetch(`${url}/health`)).json()).toMatchObject({ status: "passing" });
  });

  it("closed gateway lets in who shows the key or the token that it prints, and nobody else", async () => {
    const name = uniqueName("greeter");
    const port = await freePort();
    startGreeter(name);
    const output = start("closed.mjs", (code) =>
      code
        .replace("closed-gateway", uniqueName("gateway"))
        .replaceAll("3101", String(port))
        .replace("/greet/", `/${name}/`),
    );
    const requests: { url: string; header: string }[] = [];
    for await (const line of createInterface({ input: output })) {
      const [, url, header] = /^curl -i (\S+) -H '(.*)'$/.exec(line) ?? [];
      if (url !== undefined && header !== undefined) requests.push({ url, header });
      if (requests.length === 3) break;
    }
    const ask = ({ url, header }: { url: string; header: string }) =>
      fetch(url, { headers: [header.split(": ") as [string, string]] });
    const [nobody, ...known] = requests;
    if (!nobody) throw new Error("it printed no requests");
    await until(async () => (await ask(nobody)).status === 401, "the gateway found it");
    for (const each of known) {
      const answer = await ask(each);
      expect([answer.status, await answer.json()]).toEqual([200, { text: "Hello, Ada!" }]);
    }
  });

  it("photos are uploaded, and a part of one is downloaded", async () => {
    const name = uniqueName("photos");
    start("photos.mjs", (code) =>
      code
        .replaceAll('"photos"', `"${name}"`)
        .replace("/albums/", `/${name}/albums/`)
        .replace('"/photos"', `"/${name}/photos"`),
    );
    const url = `${await gatewayTo(name)}/${name}`;
    const picture = new File(["0123456789".repeat(20)], "me.jpg", { type: "image/jpeg" });
    const form = new FormData();
    form.set("file", picture);
    form.set("title", "Holiday");
    const added = await fetch(`${url}/albums/7/photos`, { method: "POST", body: form });
    const { title, photos } = (await added.json()) as { title: string; photos: string[] };
    expect([added.status, title, photos.length]).toEqual([200, "Holiday", 1]);
    const part = await fetch(`${url}/photos/${photos[0]}`, { headers: { range: "bytes=0-99" } });
    expect([part.status, await part.text()]).toEqual([206, "0123456789".repeat(10)]);
    expect((await fetch(`${url}/photos/..%2fother`)).status).toBe(404);
  });

  it("clock ticks on from the last event that its client had", async () => {
    const name = uniqueName("clock");
    start("clock.mjs", (code) =>
      code.replaceAll('"clock"', `"${name}"`).replace('"/clock"', `"/${name}"`).replace("1_000", "10"),
    );
    const url = `${await gatewayTo(name)}/${name}/watch`;
    const events = await fetch(url, { headers: { "last-event-id": "41" } });
    expect(events.headers.get("content-type")).toBe("text/event-stream");
    let got = "";
    for await (const chunk of events.body ?? []) {
      got += Buffer.from(chunk).toString();
      if (got.includes("id: 43")) break;
    }
    expect(got).toContain('event: tick\nid: 42\ndata: {"tick":42}\n\n');
  });

  it("page has what several services say, and goes without the one that is not there", async () => {
    const [name, greeter, config] = [uniqueName("pages"), uniqueName("greeter"), uniqueName("config")];
    startGreeter(greeter);
    await startService({ name: config }, (service) => service.add("cmd:config", async () => ({ codes: {} })));
    const change = (code: string) =>
      code
        .replaceAll('"pages"', `"${name}"`)
        .replace("/pages/", `/${name}/`)
        .replace('"config-server"', `"${config}"`)
        .replace("timeoutMs: 500", "timeoutMs: 5_000");
    start("page.mjs", (code) => change(code).replace('"greeter"', `"${greeter}"`));
    const url = `${await gatewayTo(name, greeter)}/${name}/Ada`;
    await until(async () => {
      const page = (await (await fetch(url)).json()) as { greeting: unknown };
      return page.greeting !== null;
    }, "the page found the greeter");
    expect(await (await fetch(url)).json()).toMatchObject({
      greeting: { text: "Hello, Ada!" },
      config: { codes: {} },
      partial: false,
    });
    const lonely = uniqueName("lonely");
    start("page.mjs", (code) =>
      change(code)
        .replaceAll(name, lonely)
        .replace('"greeter"', `"${uniqueName("nobody")}"`),
    );
    const partial = await fetch(`${await gatewayTo(lonely)}/${lonely}/Ada`);
    expect(await partial.json()).toMatchObject({
      greeting: null,
      config: { codes: {} },
      partial: true,
      failures: { greeting: { code: "not_found" } },
    });
  });
});
