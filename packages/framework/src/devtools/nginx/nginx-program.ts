import { execFile } from "node:child_process";
import { VastifyError } from "../../core/index.js";

/** The nginx that serves a site. */
export interface NginxProgram {
  /** Checks its whole configuration. @throws VastifyError `failed_precondition`, reason `nginx_refused` */
  test(): Promise<void>;
  /** Makes it read its configuration again, without losing a connection. @throws the same */
  reload(): Promise<void>;
}

const longestMs = 30_000;

/** @param command the program and its arguments, e.g. `nginx -c /etc/nginx/nginx.conf` */
export function nginxProgram(command: string): NginxProgram {
  const [program = "nginx", ...args] = command.split(" ").filter(Boolean);
  const run = (...more: readonly string[]) =>
    new Promise<void>((resolve, reject) => {
      execFile(program, [...args, ...more], { timeout: longestMs }, (error, _stdout, stderr) => {
        if (!error) return resolve();
        const why = error.code === "ENOENT" ? `there is no ${program}` : stderr.trim() || error.message;
        const message = `${command} ${more.join(" ")} failed: ${why}`;
        reject(new VastifyError("failed_precondition", message, { reason: "nginx_refused" }));
      });
    });
  return { test: () => run("-t", "-q"), reload: () => run("-s", "reload") };
}
