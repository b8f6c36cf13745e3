import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { type RunningConsul, startConsul } from "@vastify/backends";
import { createService, resultCodes, type Service } from "vastify";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { send } from "./support/http-client.js";
import { type ServiceProcess, useServices } from "./support/service-process.js";

const run = promisify(execFile);

describe("two versions of config-server side by side", () => {
  let consul: RunningConsul;
  let caller: Service;
  let older: ServiceProcess;
  const services = useServices(afterAll, () => ({ CONSUL_HTTP_ADDR: consul.httpAddr }));

  beforeAll(async () => {
    consul = await startConsul();
    caller = createService({
      name: "caller",
      version: "1.0.0",
      consul: { address: consul.httpAddr },
      log: { level: "error" },
      drain: { noticeMs: 0 },
    });
    [older] = await Promise.all([
      services.start("config-server", { SERVICE_VERSION: "1.0.0" }),
      services.start("config-server", { SERVICE_VERSION: "2.0.0" }),
      caller.start(),
    ]);
    await vi.waitFor(async () => expect(await versionFor("1.0.0")).toBe("1.0.0"), { timeout: 10_000 });
    await vi.waitFor(async () => expect(await versionFor("2.0.0")).toBe("2.0.0"), { timeout: 10_000 });
  });
  afterAll(async () => {
    await caller?.stop();
    await consul?.stop();
  });

  async function versionFor(range: string | undefined, message: object = { cmd: "config" }): Promise<unknown> {
    const answer = await caller.act({
      $$target: "config-server",
      ...(range !== undefined && { $$version: range }),
      ...message,
    });
    return (answer as { version?: unknown }).version;
  }

  it.each([
    ["1.0.0", "1.0.0"],
    ["^1.0.0", "1.0.0"],
    ["2.0.0", "2.0.0"],
    [">=1", undefined],
    [undefined, "2.0.0"],
  ])("a caller that asks for %s reaches %s", async (range, version) => {
    const reached = await Promise.all(Array.from({ length: 6 }, () => versionFor(range)));
    const expected = version === undefined ? ["1.0.0", "2.0.0"] : [version];
    expect([...new Set(reached)].sort()).toEqual(expected);
  });

  it("a caller that asks for a version that nobody runs is told which are alive", async () => {
    await expect(versionFor("^3.0.0")).rejects.toMatchObject({
      code: "unavailable",
      reason: "no_version",
      details: { alive: ["2.0.0", "1.0.0"] },
    });
  });

  it("the target alone is enough to be answered", async () => {
    expect(await versionFor("1.0.0", {})).toBe("1.0.0");
  });

  it("a plain Seneca process calls ours", async () => {
    const [host, port] = (older.calls ?? "").split(":");
    const script = `
      require("seneca")({ log: "silent" })
        .client({ host: ${JSON.stringify(host)}, port: ${port}, pin: "cmd:config" })
        .act("cmd:config", (error, answer) => {
          console.log(JSON.stringify(error ? { error: error.message } : answer));
          process.exit(0);
        });`;
    const { stdout } = await run(process.execPath, ["-e", script], {
      cwd: resolve(import.meta.dirname, ".."),
      timeout: 20_000,
    });
    expect(JSON.parse(stdout)).toEqual({ version: "1.0.0", codes: resultCodes });
  });

  it("GET /act?cmd=config is answered where calls are", async () => {
    const { status, body } = await send(`http://${older.calls}/act?cmd=config`);
    expect(status).toBe(200);
    expect(body).toEqual({ version: "1.0.0", codes: resultCodes });
  });
});
