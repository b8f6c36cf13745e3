import type { ChildProcess } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { VastifyError } from "vastify";
import { endWithin } from "./child-process.js";
import { envOf, findDebianProgram } from "./debian-program.js";
import { findFreePort } from "./free-port.js";
import { runCommand } from "./run-command.js";
import { spawnServer } from "./spawn-server.js";
import { whenListening } from "./when-listening.js";

export interface SshdOptions {
  /** Where sessions find their programs. @default this process's PATH */
  path?: string;
  /** More variables of every session. They must hold no quotes. @default {} */
  sessionEnv?: Readonly<Record<string, string>>;
}

/** An ssh server of its own: only on 127.0.0.1, for nobody but us, with keys that are thrown away with it. */
export interface RunningSshd {
  readonly port: number;
  /** Who may log in: the user that this process runs as. */
  readonly user: string;
  /** The file of the private key that opens it. */
  readonly key: string;
  /** Options for ssh, so that it neither asks nor remembers anything. */
  readonly sshOptions: readonly string[];
  /** Ends it, its sessions, and its keys. Safe to call twice. */
  stop(): Promise<void>;
}

const startTimeoutMs = 15_000;
const libraries = ["libwrap0", "libpam0g", "libselinux1", "libaudit1", "libcap-ng0", "libssl3", "libsystemd0"];
const kerberos = ["libgssapi-krb5-2", "libkrb5-3", "libk5crypto3", "libkrb5support0", "libcom-err2", "libkeyutils1"];

/**
 * Starts sshd as the user that this process runs as, and resolves once it answers. It ends with this process.
 * @throws VastifyError `unavailable`, reason `no_sshd`
 */
export async function startSshd({
  path = process.env.PATH ?? "",
  sessionEnv = {},
}: SshdOptions = {}): Promise<RunningSshd> {
  const program = await findDebianProgram("usr/sbin/sshd", ["openssh-server", ...libraries, ...kerberos]);
  const folder = await mkdtemp(join(tmpdir(), "vastify-sshd-"));
  const remove = () => rm(folder, { recursive: true, force: true });
  const port = await findFreePort();
  const [hostKey, key] = [join(folder, "host-key"), join(folder, "key")];
  try {
    await Promise.all([hostKey, key].map(makeKey));
    const configuration = join(folder, "sshd_config");
    const session = Object.entries({ PATH: path, ...sessionEnv }).map(([name, value]) => `"${name}=${value}"`);
    await writeFile(
      configuration,
      `${[
        `ListenAddress 127.0.0.1:${port}`,
        `HostKey ${hostKey}`,
        `AuthorizedKeysFile ${key}.pub`,
        "PidFile none",
        "UsePAM no",
        "StrictModes no",
        "PasswordAuthentication no",
        "KbdInteractiveAuthentication no",
        "PermitRootLogin prohibit-password",
        `SetEnv ${session.join(" ")}`,
      ].join("\n")}\n`,
    );
    const child = await spawnSshd(program.file, configuration, folder, envOf(program));
    await whenListening(child, port, startTimeoutMs).catch((error: Error) => {
      throw noSshd(error.message);
    });
    return {
      port,
      user: userInfo().username,
      key,
      sshOptions: ["BatchMode=yes", `UserKnownHostsFile=${join(folder, "known-hosts")}`],
      async stop() {
        child.kill("SIGTERM");
        await endWithin(child, 5_000);
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function makeKey(file: string): Promise<void> {
  const args = ["-q", "-t", "ed25519", "-N", "", "-C", "vastify test", "-f", file];
  const made = await runCommand("ssh-keygen", args, {
    cwd: dirname(file),
    signal: AbortSignal.timeout(startTimeoutMs),
  });
  if (made.exitCode !== 0) throw noSshd(made.isMissing ? "there is no ssh-keygen" : made.stderr);
  await chmod(file, 0o600);
}

/** Started as root, sshd wants a user and a folder of its own, which a machine without its package has not. */
async function spawnSshd(
  file: string,
  configuration: string,
  folder: string,
  env: NodeJS.ProcessEnv,
): Promise<ChildProcess> {
  const args = ["-D", "-e", "-f", configuration];
  if (userInfo().uid !== 0) return spawnServer(file, args, env);
  const [passwd, run] = [join(folder, "passwd"), join(folder, "run")];
  const users = await readFile("/etc/passwd", "utf8");
  await writeFile(passwd, /^sshd:/m.test(users) ? users : `${users}sshd:x:65533:65534::/run/sshd:/usr/sbin/nologin\n`);
  await mkdir(join(run, "sshd"), { recursive: true, mode: 0o755 });
  // Both are seen only by sshd and its sessions, in a mount namespace of their own.
  const script = 'mount --bind "$1" /etc/passwd && mount --bind "$2" /run && shift 2 && exec "$@"';
  const within = ["-m", "--propagation", "private", "sh", "-c", script, "sh", passwd, run];
  return spawnServer("unshare", [...within, file, ...args], env);
}

function noSshd(why: string): VastifyError {
  return new VastifyError("unavailable", `sshd did not start: ${why.trim()}`, { reason: "no_sshd" });
}
