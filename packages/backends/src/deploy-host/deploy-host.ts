import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { VastifyError } from "vastify";
import { type CommandResult, runCommand } from "../run-command.js";
import { type RunningSshd, startSshd } from "../sshd.js";
import { pairs, startPm2Daemon } from "./pm2-daemon.js";

export interface DeployHostOptions {
  /** Variables of every session on the host. @default {} */
  sessionEnv?: Readonly<Record<string, string>>;
}

/** Everything that `pm2 deploy` needs: a developer's clone, the git repository that it pushes to, and a host with sshd and pm2. */
export interface DeployHost {
  /** How pm2's deploy section reaches the host. */
  readonly hosts: {
    readonly user: string;
    readonly host: string;
    readonly port: number;
    readonly key: string;
    readonly sshOptions: readonly string[];
    readonly repository: string;
    readonly path: string;
  };
  /** The developer's clone. */
  readonly clone: string;
  /** Writes files in the clone. */
  write(files: Readonly<Record<string, string>>): Promise<void>;
  /** Commits everything in the clone and pushes it; gives the commit. */
  push(message: string): Promise<string>;
  /** Runs `pm2 deploy production …` in the clone. */
  deploy(...args: readonly string[]): Promise<CommandResult>;
  /** What the apps printed. */
  printed(): Promise<string>;
  stop(): Promise<void>;
}

const longestMs = 10 * 60_000;

/** Starts a host of its own on 127.0.0.1. It ends with this process. */
export async function startDeployHost({ sessionEnv = {} }: DeployHostOptions = {}): Promise<DeployHost> {
  const folder = await mkdtemp(join(tmpdir(), "vastify-deploy-"));
  const pm2 = await startPm2Daemon();
  let sshd: RunningSshd | undefined;
  const stop = async () => {
    await pm2.stop();
    await sshd?.stop();
    await rm(folder, { recursive: true, force: true });
  };
  const run = async (program: string, ...args: readonly string[]): Promise<string> => {
    const result = await runCommand(program, args, { cwd: folder, signal: AbortSignal.timeout(longestMs) });
    if (result.exitCode === 0) return result.stdout.trim();
    throw new VastifyError("failed_precondition", `${program} ${args.join(" ")} failed: ${result.stderr}`);
  };
  const [repository, clone] = [join(folder, "shop.git"), join(folder, "clone")];
  const git = (...args: readonly string[]) => run("git", "-C", clone, ...args);
  try {
    const path = `${pm2.programs}:${process.env.PATH ?? ""}`;
    sshd = await startSshd({ path, sessionEnv: { ...pm2.env, ...sessionEnv } });
    await run("git", "init", "--quiet", "--bare", "--initial-branch=master", repository);
    await run("git", "clone", "--quiet", repository, clone);
    await git("config", "user.name", "A Developer");
    await git("config", "user.email", "developer@vastify.example");
    const { user, port, key, sshOptions } = sshd;
    return {
      hosts: { user, host: "127.0.0.1", port, key, sshOptions, repository, path: join(folder, "host") },
      clone,
      async write(files) {
        for (const [name, text] of Object.entries(files)) {
          await mkdir(dirname(join(clone, name)), { recursive: true });
          await writeFile(join(clone, name), text);
        }
      },
      async push(message) {
        await git("add", "--all");
        await git("commit", "--quiet", "--message", message);
        await git("push", "--quiet", "--set-upstream", "origin", "master");
        return git("rev-parse", "HEAD");
      },
      deploy: (...args) =>
        runCommand(
          "env",
          [...pairs(pm2.env), process.execPath, join(pm2.programs, "pm2"), "deploy", "production", ...args],
          { cwd: clone, signal: AbortSignal.timeout(longestMs) },
        ),
      printed: () => pm2.printed(),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
