import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** What this process holds after garbage collection; needs `--expose-gc`. */
export function memoryFigures() {
  // What the first collection's finalizers let go is collected by the second.
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, rss } = process.memoryUsage();
  const handles = {};
  for (const kind of process.getActiveResourcesInfo()) handles[kind] = (handles[kind] ?? 0) + 1;
  return { heapMb: heapUsed / 1e6, rssMb: rss / 1e6, handles };
}

/** What the kernel counts of any process of ours. @param {number} pid */
export function processFigures(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The second field is the program's name, which may hold blanks.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [userTicks, systemTicks] = [fields[11], fields[12]].map(Number);
  const rssPages = Number(fields[21]);
  const files = readdirSync(`/proc/${pid}/fd`);
  return {
    cpuSeconds: (userTicks + systemTicks) / ticksPerSecond(),
    rssMb: (rssPages * 4_096) / 1e6,
    files: files.length,
    sockets: files.filter((file) => linkOf(`/proc/${pid}/fd/${file}`).startsWith("socket:")).length,
  };
}

let ticks;
function ticksPerSecond() {
  ticks ??= Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
  return ticks;
}

/** A file may be closed between our look and our question. */
function linkOf(path) {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
