import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { VastifyError } from "vastify";
import { endWithin } from "./child-process.js";
import { envOf, findDebianProgram } from "./debian-program.js";
import { findFreePort } from "./free-port.js";
import { runCommand } from "./run-command.js";
import { spawnServer } from "./spawn-server.js";
import { whenListening } from "./when-listening.js";

/** An nginx of its own, without any site yet. */
export interface RunningNginx {
  /** Its `conf.d`: what is put there as `*.conf` is read at the next reload. */
  readonly sites: string;
  /** How it is called to test its configuration and to reload. */
  readonly command: string;
  /** Makes a certificate for 127.0.0.1 that nobody signed. */
  makeCertificate(): Promise<{ readonly certificate: string; readonly key: string }>;
  /** What it complained of. */
  errors(): Promise<string>;
  /** Ends it. Safe to call twice. */
  stop(): Promise<void>;
}

const startTimeoutMs = 15_000;

/**
 * Starts nginx as the user that this process runs as, and resolves once it answers. It ends with this process.
 * @throws VastifyError `unavailable`, reason `no_nginx`
 */
export async function startNginx(): Promise<RunningNginx> {
  const program = await findDebianProgram("usr/sbin/nginx", [
    "nginx",
    "libpcre2-8-0",
    "libssl3",
    "zlib1g",
    "libcrypt1",
  ]);
  const folder = await mkdtemp(join(tmpdir(), "vastify-nginx-"));
  const remove = () => rm(folder, { recursive: true, force: true });
  const [sites, file, port] = [join(folder, "conf.d"), join(folder, "nginx.conf"), await findFreePort()];
  await mkdir(sites);
  await writeFile(file, configuration(folder, port));
  const child = await spawnServer(program.file, ["-p", folder, "-c", file, "-g", "daemon off;"], envOf(program));
  try {
    await whenListening(child, port, startTimeoutMs);
  } catch (error) {
    await remove();
    throw new VastifyError("unavailable", `nginx did not start: ${(error as Error).message}`, {
      reason: "no_nginx",
      cause: error,
    });
  }
  const { libraries } = program;
  const words = [...(libraries ? ["env", `LD_LIBRARY_PATH=${libraries}`] : []), program.file, "-p", folder, "-c", file];
  return {
    sites,
    command: words.join(" "),
    makeCertificate: () => makeCertificate(folder),
    errors: () => readFile(join(folder, "error.log"), "utf8"),
    async stop() {
      child.kill("SIGTERM");
      await endWithin(child, 5_000);
      await remove();
    },
  };
}

function configuration(folder: string, port: number): string {
  // Workers of root's nginx would be another user, who may not enter our folder.
  const user = userInfo().uid === 0 ? "user root;" : "";
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((of) => `  ${of}_temp_path ${folder}/${of};`);
  return `${user}
worker_processes 2;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events { worker_connections 1024; }
http {
  access_log off;
${paths.join("\n")}
  include ${folder}/conf.d/*.conf;
  server { listen 127.0.0.1:${port}; return 204; }
}
`;
}

async function makeCertificate(folder: string): Promise<{ certificate: string; key: string }> {
  const [certificate, key] = [join(folder, "certificate.pem"), join(folder, "key.pem")];
  const args = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  const names = [
    "-subj",
    "/CN=localhost",
    "-addext",
    "subjectAltName=IP:127.0.0.1",
    "-keyout",
    key,
    "-out",
    certificate,
  ];
  const signal = AbortSignal.timeout(startTimeoutMs);
  const made = await runCommand("openssl", [...args, ...names], { cwd: folder, signal });
  if (made.exitCode === 0) return { certificate, key };
  throw new VastifyError("unavailable", `openssl made no certificate: ${made.stderr}`);
}
