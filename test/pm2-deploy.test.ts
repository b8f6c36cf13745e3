import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import {
  type DeployHost,
  findFreePorts,
  type RunningConsul,
  shopFiles,
  shopProgram,
  startConsul,
  startDeployHost,
} from "@vastify/backends";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { send } from "./support/http-client.js";
import { requestsDuring } from "./support/requests-during.js";

const vastify = resolve(import.meta.dirname, "../packages/framework/bin/vastify.mjs");
const slowest = 240_000;

describe("pm2 deploy production, to a host behind sshd", () => {
  let consul: RunningConsul;
  let host: DeployHost;
  let url: string;
  const commits: string[] = [];

  beforeAll(async () => {
    consul = await startConsul();
    host = await startDeployHost({ sessionEnv: { CONSUL_HTTP_ADDR: consul.httpAddr } });
    const [port] = (await findFreePorts(1)) as [number];
    url = `http://127.0.0.1:${port}/version`;
    await host.write({ ...shopFiles(host.hosts, port), "shop.mjs": shopProgram("1.0.0") });
    await promisify(execFile)(process.execPath, [vastify, "generate"], { cwd: host.clone });
    commits.push(await host.push("The first release"));
  }, slowest);
  afterAll(async () => {
    await host?.stop();
    await consul?.stop();
  });

  async function deployed(...args: string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await host.deploy(...args);
    expect(exitCode, `${stdout}${stderr}\n${await host.printed()}`).toBe(0);
    return stdout;
  }
  const runningVersion = async () => (await send(url)).body.version as string;
  /** The commits of the releases, the newest first. */
  const listed = async () =>
    [...(await deployed("list")).matchAll(/^\d+\t(\w+)$/gm)].map(([, commit]) => commits.indexOf(commit as string) + 1);

  it("sets the host up, and brings up the first release", { timeout: slowest }, async () => {
    await deployed("setup");
    await deployed();
    expect(await runningVersion()).toBe("1.0.0");
  });

  it("replaces it by the commit that is named, though its branch has gone on, without a failed request", {
    timeout: slowest,
  }, async () => {
    await host.write({ "shop.mjs": shopProgram("1.1.0") });
    const tested = await host.push("The second release");
    await host.write({ "shop.mjs": shopProgram("1.1.1") });
    commits.push(tested, await host.push("What nobody has tested"));
    const { failures } = await requestsDuring(url, () => deployed("ref", tested));
    expect(failures).toEqual([]);
    expect(await runningVersion()).toBe("1.1.0");
    expect(await listed()).toEqual([2, 1]);
  });

  it.each([
    ["does not start", 'throw new Error("the stock is gone");', "the stock is gone"],
    ["is no program", "const = 1;", "SyntaxError"],
  ])(
    "refuses a release that %s and says why, without a failed request",
    async (_what, broken, why) => {
      await host.write({ "shop.mjs": shopProgram("1.2.0", { broken }) });
      commits.push(await host.push("A broken release"));
      let printed = "";
      const { failures } = await requestsDuring(url, async () => {
        const { exitCode, stdout, stderr } = await host.deploy();
        printed = stdout + stderr;
        expect(exitCode, printed).toBe(1);
      });
      expect(printed).toContain(why);
      expect(printed).toMatch(/release \w+ was refused, for the reason above; \w+ runs/);
      expect(failures).toEqual([]);
      expect(await runningVersion()).toBe("1.1.0");
      expect(await listed()).toEqual([2, 1]);
    },
    slowest,
  );

  it("runs commands in the folder of what runs", { timeout: slowest }, async () => {
    expect(await deployed("exec", "git rev-parse HEAD")).toContain(commits[1]);
    expect(await deployed("exec", "pm2 pid shop")).toMatch(/^\d+\n\d+$/m);
  });

  it("goes back to the release before without a failed request", { timeout: slowest }, async () => {
    const { failures } = await requestsDuring(url, () => deployed("revert", "1"));
    expect(failures).toEqual([]);
    expect(await runningVersion()).toBe("1.0.0");
  });
});
