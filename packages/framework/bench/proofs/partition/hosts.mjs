import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readlinkSync } from "node:fs";
import { until } from "../../support/until.mjs";

const near = { address: "10.77.0.1", device: "veth-near" };
const far = { address: "10.77.0.2", device: "veth-far" };

/**
 * Makes a second host beside this process's own: a network namespace that is joined to ours by one link. Both are gone
 * as soon as no process is in them, however that comes, so nothing needs to be cleaned up.
 * Our own namespace must be one that we may configure.
 */
export async function createHosts() {
  // The far namespace lasts as long as this process; the kernel ends it with us.
  const holder = spawn("setpriv", ["--pdeathsig", "KILL", "unshare", "--net", "sleep", "infinity"], {
    stdio: "ignore",
  });
  await once(holder, "spawn");
  await until(
    () => namespaceOf(holder.pid) !== namespaceOf("self") && namespaceOf(holder.pid),
    "the far host has its namespace",
  );
  const inFar = ["nsenter", `--net=/proc/${holder.pid}/ns/net`];
  const ip = (...args) => run(["ip", ...args]);
  const ipInFar = (...args) => run([...inFar, "ip", ...args]);

  ip("link", "set", "lo", "up");
  ipInFar("link", "set", "lo", "up");
  ip("link", "add", near.device, "type", "veth", "peer", "name", far.device);
  ip("link", "set", far.device, "netns", String(holder.pid));
  for (const [host, configure] of [
    [near, ip],
    [far, ipInFar],
  ]) {
    configure("addr", "add", `${host.address}/24`, "dev", host.device);
    configure("link", "set", host.device, "up");
  }

  return {
    near: { address: near.address },
    /** Started by `within`, a process is on the far host. */
    far: { address: far.address, within: inFar },
    /** From now on nothing gets through, and nobody is told: the link ends at the far host. */
    cut: () => ipInFar("link", "set", far.device, "down"),
    mend: () => ipInFar("link", "set", far.device, "up"),
    end: () => holder.kill("SIGKILL"),
  };
}

function namespaceOf(pid) {
  return readlinkSync(`/proc/${pid}/ns/net`);
}

function run([command, ...args]) {
  execFileSync(command, args, { stdio: ["ignore", "ignore", "pipe"] });
}
