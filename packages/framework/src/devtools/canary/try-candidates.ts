import { VastifyError } from "../../core/index.js";
import type { ExitCode } from "../cli/commands.js";
import type { CanaryOutput, Candidate } from "./candidate.js";
import { allTo, newestStable, shared, sharesOf, whyTakenBack, withoutShare } from "./route-document.js";
import type { Traffic } from "./traffic.js";

export interface TryOptions {
  /** The candidates' shares of 100, one after the other. */
  readonly weights: readonly number[];
  /** How long each share is watched, in milliseconds. */
  readonly watchMs: number;
  /** How long a candidate may take to be alive, in milliseconds. */
  readonly waitMs: number;
  readonly minCalls: number | undefined;
  readonly signal: AbortSignal;
  readonly traffic: Traffic;
  readonly output: CanaryOutput;
}

interface Tried extends Candidate {
  readonly others: Readonly<Record<string, number>>;
}

/**
 * Gives candidates share after share, while every process that calls them compares them with the others. Who judges is
 * the callers: they see failures and latencies. One that is worse, or whose instances are gone, takes all of them back,
 * since they are one release.
 */
export async function tryCandidates(candidates: readonly Candidate[], options: TryOptions): Promise<ExitCode> {
  const { traffic, output } = options;
  const missing = await whoIsMissing(candidates, options);
  if (missing) {
    output.err(missing);
    return 1;
  }
  const tried = await withOthers(candidates, traffic, output);
  if (tried.length === 0) return 0;
  const why = await tryShares(tried, options);
  if (why !== undefined) {
    output.err(why);
    await takeBack(tried, traffic, output);
    return 1;
  }
  for (const { target, version } of tried) {
    await traffic.change(target, (document) => allTo(document, version));
    output.out(`${target}: all calls go to ${version}`);
  }
  return 0;
}

/** Waits until all candidates are alive. */
async function whoIsMissing(candidates: readonly Candidate[], { traffic, waitMs, signal }: TryOptions) {
  const until = performance.now() + waitMs;
  for (;;) {
    const absent = await absentOf(candidates, traffic);
    if (absent === undefined) return undefined;
    const leftMs = until - performance.now();
    if (leftMs <= 0 || signal.aborted) return absent;
    await traffic.news(leftMs, signal);
  }
}

async function absentOf(candidates: readonly Candidate[], traffic: Traffic): Promise<string | undefined> {
  for (const { target, version } of candidates)
    if (!(await traffic.versionsOf(target)).includes(version)) return `no instance of ${target} ${version} is alive`;
  return undefined;
}

/** Those beside which something else has calls that can be shared. */
async function withOthers(candidates: readonly Candidate[], traffic: Traffic, { out }: CanaryOutput): Promise<Tried[]> {
  const tried: Tried[] = [];
  for (const { target, version } of candidates) {
    const versions = await traffic.versionsOf(target);
    const { [version]: own = 0, ...weighted } = sharesOf(traffic.rulesOf(target), versions);
    const newest = newestStable(versions.filter((other) => other !== version));
    if (newest === undefined) out(`${target}: only ${version} is alive, and gets all calls`);
    else if (Object.keys(weighted).length > 0) tried.push({ target, version, others: weighted });
    else if (own > 0) out(`${target}: ${version} gets all calls already`);
    else tried.push({ target, version, others: { [newest]: 100 } });
  }
  return tried;
}

/** @returns why the candidates are not good enough */
async function tryShares(tried: readonly Tried[], options: TryOptions): Promise<string | undefined> {
  const { weights, traffic, output, signal } = options;
  try {
    for (const weight of weights) {
      const why = await tryShare(tried, weight, options);
      if (why !== undefined) return why;
      if (signal.aborted) return "told to end before the time was over";
    }
    return undefined;
  } catch (error) {
    await takeBack(tried, traffic, output);
    throw error;
  }
}

async function tryShare(tried: readonly Tried[], weight: number, options: TryOptions): Promise<string | undefined> {
  const { traffic, output, watchMs, minCalls, signal } = options;
  for (const { target, version, others } of tried) {
    const share = { candidate: version, weight, others, minCalls };
    await traffic.change(target, (document) => shared(document, share));
    output.out(`${target}: ${weight} % of the calls go to ${version}`);
  }
  const until = performance.now() + watchMs;
  for (;;) {
    for (const { target, version } of tried) {
      const why = whyTakenBack(traffic.rulesOf(target), version);
      if (why !== undefined) return `${target} ${version} was taken back: ${why}`;
    }
    const absent = await absentOf(tried, traffic);
    if (absent !== undefined) return absent;
    const leftMs = until - performance.now();
    if (leftMs <= 0 || signal.aborted) return undefined;
    await traffic.news(leftMs, signal);
  }
}

async function takeBack(tried: readonly Tried[], traffic: Traffic, { out, err }: CanaryOutput): Promise<void> {
  for (const { target, version, others } of tried) {
    try {
      await traffic.change(target, (document) => withoutShare(document, { candidate: version, others }));
      out(`${target}: no calls go to ${version}`);
    } catch (error) {
      err(`${target} ${version} keeps its share until "vastify canary back": ${VastifyError.from(error).message}`);
    }
  }
}
