import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { findFreePorts } from "@vastify/backends";
import { vi } from "vitest";

const repository = resolve(import.meta.dirname, "../..");
const upDeadlineMs = 60_000;
const endDeadlineMs = 30_000;

const portVariables = [
  "REGISTRY_PORT",
  "CONFIG_SERVER_HTTP_PORT",
  "CONFIG_SERVER_MICROSERVICE_PORT",
  "ACCOUNT_SERVER_HTTP_PORT",
  "ACCOUNT_SERVER_MICROSERVICE_PORT",
  "GATEWAY_HTTP_PORT",
] as const;

/** Ports and folders of its own, so that a run touches no other on this machine. */
export interface Setting {
  readonly env: Readonly<Record<string, string>>;
  readonly ports: readonly number[];
  readonly gateway: string;
  /** Holds the data and every temporary file. */
  readonly folder: string;
  remove(): Promise<void>;
}

export async function newSetting(): Promise<Setting> {
  const folder = await mkdtemp(join(tmpdir(), "vf-"));
  const ports = await findFreePorts(portVariables.length);
  const env = Object.fromEntries(portVariables.map((name, at) => [name, String(ports[at])]));
  return {
    env: { ...env, VASTIFY_DATA_DIR: join(folder, "data"), TMPDIR: folder },
    ports,
    gateway: `http://127.0.0.1:${ports.at(-1)}`,
    folder,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** `npm start`, or the launcher below it, in a process group of its own, as at a terminal. */
export interface LauncherProcess {
  readonly pid: number;
  stdout(): string;
  stderr(): string;
  /** Resolves once the summary is printed. */
  whenUp(): Promise<void>;
  /** Sends a signal to the whole group, as a terminal does. */
  signalGroup(signal: NodeJS.Signals): void;
  /** Resolves with the exit code. */
  whenEnded(): Promise<number | null>;
}

export function startLauncher(command: readonly string[], env: Readonly<Record<string, string>>): LauncherProcess {
  const { PATH, HOME, VASTIFY_CACHE_DIR } = process.env;
  const child = spawn(command[0] as string, command.slice(1), {
    cwd: repository,
    detached: true,
    env: { PATH, HOME, ...(VASTIFY_CACHE_DIR && { VASTIFY_CACHE_DIR }), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
  const ended = once(child, "close");
  const expectRunning = () => {
    if (child.exitCode !== null) throw new Error(`it ended with code ${child.exitCode}:\n${stdout}${stderr}`);
  };
  return {
    pid: child.pid as number,
    stdout: () => stdout,
    stderr: () => stderr,
    async whenUp() {
      await waitUntil(() => stdout.includes("Ctrl+C ends everything") || child.exitCode !== null, upDeadlineMs);
      expectRunning();
    },
    signalGroup: (signal) => process.kill(-(child.pid as number), signal),
    async whenEnded() {
      await waitUntil(() => child.exitCode !== null || child.signalCode !== null, endDeadlineMs);
      await ended;
      return child.exitCode;
    },
  };
}

/** What a run left: ports that answer, processes with its environment, and temporary files. */
export async function leftBehind(setting: Setting): Promise<string[]> {
  const { ports, folder } = setting;
  const open = await Promise.all(ports.map(async (port) => ((await answers(port)) ? [`port ${port}`] : [])));
  const files = (await readdir(folder)).filter((name) => name !== "data" && !name.startsWith("node-compile-cache"));
  const processes = await processesOf(setting);
  return [
    ...open.flat(),
    ...processes.map(({ pid, command }) => `process ${pid} ${command}`),
    ...files.map((name) => `file ${name}`),
  ];
}

export async function waitUntil(check: () => boolean | Promise<boolean>, deadlineMs: number): Promise<void> {
  await vi.waitFor(
    async () => {
      if (!(await check())) throw new Error(`not within ${deadlineMs} ms`);
    },
    { timeout: deadlineMs, interval: 50 },
  );
}

/** Kills the processes of a run whose command holds `part`. */
export async function killProcesses(setting: Setting, part = ""): Promise<void> {
  for (const { pid, command } of await processesOf(setting)) {
    if (command.includes(part)) process.kill(pid, "SIGKILL");
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolveAnswer) => {
    const socket = connect(port, "127.0.0.1");
    const done = (isOpen: boolean) => {
      socket.destroy();
      resolveAnswer(isOpen);
    };
    socket.once("connect", () => done(true)).once("error", () => done(false));
  });
}

/** Every process of a run has the run's folder in its environment (Linux; elsewhere none is found). */
async function processesOf({ folder }: Setting): Promise<{ pid: number; command: string }[]> {
  const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const environ = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
      const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
      return { pid: Number(pid), command: command.replaceAll("\0", " "), isOurs: environ.includes(folder) };
    }),
  );
  return found.filter(({ isOurs, command }) => isOurs && command !== "");
}
