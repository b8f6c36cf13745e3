import { delay } from "../../core/index.js";
import { type Finding, longestTimerMs, runProbe } from "./probe.js";
import type { CheckDefinition, Probe } from "./records.js";

/** Keeps one check's status true until it is stopped. */
export interface CheckRunner {
  /** Only a TTL check can be told its status. */
  readonly isTtl: boolean;
  /** A TTL check was heard of: its time starts anew. */
  renew(output: string): void;
  stop(): void;
}

export function runCheck(
  check: CheckDefinition,
  report: (finding: Finding) => void,
  random: () => number,
): CheckRunner | undefined {
  switch (check.probe.type) {
    case "http":
    case "tcp":
      return repeat(check.probe, report, random);
    case "ttl":
      return expire(check.probe.ttlMs, report);
    case "maintenance":
    case "":
      return undefined;
  }
}

/** The first run comes after a random part of the interval, so that many checks do not run together. */
function repeat(
  probe: Extract<Probe, { type: "http" | "tcp" }>,
  report: (finding: Finding) => void,
  random: () => number,
): CheckRunner {
  const stopped = new AbortController();
  const { signal } = stopped;
  const loop = async () => {
    await delay(Math.min(random() * probe.intervalMs, longestTimerMs), signal);
    while (!signal.aborted) {
      const finding = await runProbe(probe, signal);
      if (signal.aborted) return;
      report(finding);
      await delay(Math.min(probe.intervalMs, longestTimerMs), signal);
    }
  };
  void loop();
  return { isTtl: false, renew() {}, stop: () => stopped.abort() };
}

function expire(ttlMs: number, report: (finding: Finding) => void): CheckRunner {
  let lastOutput = "";
  const start = () => {
    const timer = setTimeout(
      () => {
        const last = lastOutput && ` (last output before timeout follows): ${lastOutput}`;
        report({ status: "critical", output: `TTL expired${last}` });
      },
      Math.min(ttlMs, longestTimerMs),
    );
    return timer.unref();
  };
  let timer = start();
  return {
    isTtl: true,
    renew(output) {
      lastOutput = output;
      clearTimeout(timer);
      timer = start();
    },
    stop: () => clearTimeout(timer),
  };
}
