import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { findFreePort, type RunningConsul, startConsul } from "@vastify/backends";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { buildTarget } from "./support/image-build.js";

const repository = resolve(import.meta.dirname, "..");
const slowest = 600_000;

describe("the gateway's image, by the steps of its Dockerfile in clean folders", () => {
  let consul: RunningConsul;
  let folder: string;
  let running: ChildProcess | undefined;

  beforeAll(async () => {
    [consul, folder] = await Promise.all([startConsul(), mkdtemp(join(tmpdir(), "vastify-image-"))]);
  });
  afterAll(async () => {
    if (running?.exitCode === null) {
      running.kill("SIGKILL");
      await once(running, "exit");
    }
    await consul?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it("is built, holds only what it needs, serves, and leaves when it is told to", { timeout: slowest }, async () => {
    const context = join(folder, "context");
    await copyTracked(context);
    const image = await buildTarget({
      dockerfile: await readFile(join(repository, "deploy/Dockerfile"), "utf8"),
      target: "gateway",
      context,
      into: join(folder, "stages"),
    });
    await expect(promisify(execFile)("ls", ["node_modules/vitest"], { cwd: image.folder })).rejects.toThrow();

    const port = await findFreePort();
    const env = {
      ...image.env,
      HTTP_PORT: String(port),
      CONSUL_HTTP_ADDR: consul.httpAddr,
      ADVERTISE_HOST: "127.0.0.1",
    };
    const [program = "", ...args] = image.command;
    running = spawn(program, args, { cwd: image.folder, env: { PATH: process.env.PATH, ...env }, stdio: "ignore" });
    await vi.waitFor(async () => expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200), {
      timeout: 60_000,
      interval: 100,
    });
    const ended = once(running, "exit");
    running.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
  });

  /** What git has and the working tree changed: what a build's context holds after .dockerignore. */
  async function copyTracked(into: string): Promise<void> {
    const listing = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    const { stdout } = await promisify(execFile)("git", listing, { cwd: repository, maxBuffer: 16 * 1024 * 1024 });
    const files = stdout.split("\0").filter((file) => file !== "" && !/^(deploy|docs)\//.test(file));
    for (const file of files) {
      await mkdir(dirname(join(into, file)), { recursive: true });
      await cp(join(repository, file), join(into, file)).catch((error: NodeJS.ErrnoException) => {
        // Deleted, but not yet for git.
        if (error.code !== "ENOENT") throw error;
      });
    }
  }
});
