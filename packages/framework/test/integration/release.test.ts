import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { readApps } from "../../src/devtools/release/read-apps.js";
import { tryApp } from "../../src/devtools/release/try-app.js";
import { whenHealthy } from "../../src/devtools/release/when-healthy.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "vastify-release-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
});

/** The one app of an ecosystem file whose program is this. */
function appOf(program: string, options: object = {}) {
  writeFileSync(join(folder, "app.cjs"), program);
  const file = join(folder, "ecosystem.config.cjs");
  const app = { name: "shop", script: "app.cjs", listen_timeout: 20_000, kill_timeout: 5_000, ...options };
  writeFileSync(file, `module.exports = { apps: [${JSON.stringify(app)}] };`);
  const [read] = readApps(file, "production");
  if (!read) throw new Error("there is no app");
  return read;
}

const serving = (status: number) => `
  require("node:http").createServer((_, response) => response.writeHead(${status}).end("{}"))
    .listen(process.env.HTTP_PORT, () => process.send("ready"));
  process.once("SIGTERM", () => {
    require("node:fs").writeFileSync("left", process.env.WHERE ?? "");
    process.exit();
  });
`;

describe("a release's app that is tried", () => {
  it("is asked to leave once it is healthy", async () => {
    const app = appOf(serving(200), { env: { HTTP_PORT: 1, WHERE: "here" }, env_production: { WHERE: "there" } });
    await tryApp(app);
    expect(readFileSync(join(folder, "left"), "utf8")).toBe("there");
  });

  it.each([
    [
      "ends with code 3 before it was ready",
      'console.error("no stock"); process.exit(3);',
      20_000,
      /ended with code 3 before it was ready; it printed:\nno stock$/,
    ],
    [
      "never says that it is ready",
      "setInterval(() => {}, 1000);",
      1_000,
      /was not ready in time, and printed nothing$/,
    ],
  ])("is refused when it %s", async (_what, program, listen_timeout, why) => {
    const app = appOf(program, { listen_timeout, env: { HTTP_PORT: 1 } });
    const tried = tryApp(app);
    await expect(tried).rejects.toMatchObject({ reason: "unhealthy_release" });
    await expect(tried).rejects.toThrow(why);
  });

  it("does not outlive being tried, even if it does not leave when it is asked to", async () => {
    const stubborn = `${serving(200)} process.removeAllListeners("SIGTERM").on("SIGTERM", () => {});
      require("node:fs").writeFileSync("pid", String(process.pid));`;
    await tryApp(appOf(stubborn, { env: { HTTP_PORT: 1 }, kill_timeout: 100 }));
    const pid = Number(readFileSync(join(folder, "pid"), "utf8"));
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  });

  it("is not healthy while its /health is not 200", async () => {
    const server = createServer((_, response) => response.writeHead(503).end()).listen(0);
    onTestFinished(() => void server.close());
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const why = await whenHealthy(appOf(""), port, AbortSignal.abort());
    expect(why).toBe(`is not healthy in time: http://127.0.0.1:${port}/health gives status 503`);
  });
});

it.each([
  ["no apps", "module.exports = {};", "an ecosystem file with apps"],
  [
    "an app without a script",
    'module.exports = { apps: [{ name: "shop" }] };',
    "apps[0].script must be the file that starts it",
  ],
  ["nothing that can be read", "module.exports = {", "can't be read"],
])("an ecosystem file with %s is refused", (_what, text, why) => {
  const file = join(folder, "ecosystem.config.cjs");
  writeFileSync(file, text);
  expect(() => readApps(file, "production")).toThrow(why);
});
