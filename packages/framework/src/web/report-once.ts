import type { Logger } from "../core/index.js";

/** Warns of a problem when it is first seen: it would be seen again with every change of who is alive. */
export function reportOnce(log: Logger): (problem: string) => void {
  const reported = new Set<string>();
  return (problem) => {
    if (reported.has(problem)) return;
    reported.add(problem);
    log.warn(problem);
  };
}
