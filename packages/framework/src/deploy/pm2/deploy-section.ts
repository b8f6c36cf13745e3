import type { System } from "../system.js";

/** What `pm2 deploy NAME` reads: one entry for each environment of hosts. */
export function deploySection({ hosts }: System): Readonly<Record<string, object>> {
  return Object.fromEntries(
    Object.entries(hosts).map(([name, { user, host, port, key, sshOptions, repository, ref, path }]) => [
      name,
      {
        user,
        host,
        ...(port !== 22 && { port: String(port) }),
        ...(key !== undefined && { key }),
        // A new host is learned once and must stay the same from then on.
        ssh_options: ["StrictHostKeyChecking=accept-new", ...sshOptions],
        ref,
        repo: repository,
        path,
        "post-deploy": `bash deploy/release.sh ${name}`,
      },
    ]),
  );
}
