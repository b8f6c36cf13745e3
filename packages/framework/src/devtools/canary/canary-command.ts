import semver from "semver";
import { badOption, expectTargetName } from "../../core/index.js";
import type { ConsulOptions } from "../../discovery/index.js";
import type { ExitCode } from "../cli/commands.js";
import { readManifest } from "../deploy/read-manifest.js";
import type { CanaryOutput, Candidate } from "./candidate.js";
import { allTo, newestStable, type RouteDocument, sharesOf, withoutShare } from "./route-document.js";
import { type Traffic, withTraffic } from "./traffic.js";
import { tryCandidates } from "./try-candidates.js";

export interface CanaryOptions {
  /** `hold`, `try`, `promote` or `back`. */
  readonly verb: string;
  /** Each `target@version`, or a target. @default those of the manifest that answer calls */
  readonly candidates: readonly string[];
  /** The manifest. @default the vastify.config.* of the working directory */
  readonly config?: string | undefined;
  /** The candidate's shares of 100, one after the other, such as "10,50". */
  readonly weights: string;
  /** How long each share is watched. */
  readonly seconds: string;
  /** How long a candidate may take to be alive. */
  readonly wait: string;
  /** How many calls each side must have had before they are compared. @default what stands in the rules, or theirs */
  readonly "min-calls"?: string | undefined;
  readonly consul: ConsulOptions;
  readonly signal: AbortSignal;
}

const verbs: readonly string[] = ["hold", "try", "promote", "back"];

/**
 * Brings calls to a new version through the rules in Consul's KV: `hold` keeps them where they are before it starts, `try`
 * gives it a share, watches, and gives it all or takes it back, `promote` gives it all at once, `back` takes what it has of
 * a `try` that was cut off.
 * @returns 1 when a candidate was taken back, or is not alive
 * @throws VastifyError `invalid_argument`, reasons `bad_option` and `bad_manifest`; `unavailable`, reason `registry_unreachable`;
 * `failed_precondition`, reason `bad_rules`, before anything is written
 */
export async function canaryCommand(options: CanaryOptions, output: CanaryOutput): Promise<ExitCode> {
  const { verb, signal } = options;
  if (!verbs.includes(verb)) throw badOption("vastify canary's first word", verb, "hold, try, promote or back");
  const watching = {
    weights: options.weights.split(",").map((text) => expectNumber("--weights", text, 0.01, 99)),
    watchMs: expectNumber("--seconds", options.seconds, 1, 86_400) * 1_000,
    waitMs: expectNumber("--wait", options.wait, 0, 86_400) * 1_000,
    minCalls:
      options["min-calls"] === undefined ? undefined : expectNumber("--min-calls", options["min-calls"], 1, 1e6),
    signal,
  };
  const candidates = await candidatesOf(options);
  return withTraffic(options.consul, output.err, async (traffic) => {
    for (const { target } of candidates) traffic.rulesOf(target);
    if (verb === "try") return tryCandidates(candidates, { ...watching, traffic, output });
    if (verb === "promote") return promote(candidates, traffic, output);
    for (const candidate of candidates)
      await (verb === "hold" ? hold(candidate.target, traffic, output) : back(candidate, traffic, output));
    return 0;
  });
}

/** Once there are weights, a version without one gets no calls, however new it is. */
async function hold(target: string, traffic: Traffic, { out }: CanaryOutput): Promise<void> {
  const versions = await traffic.versionsOf(target);
  const newest = newestStable(versions);
  if (newest === undefined) {
    out(`${target}: none is alive, so there is nothing to hold`);
    return;
  }
  const isShared = (document: RouteDocument) => Object.keys(sharesOf(document, versions)).length > 0;
  await traffic.change(target, (document) => (isShared(document) ? document : allTo(document, newest)));
  out(`${target}: calls stay with ${Object.keys(sharesOf(traffic.rulesOf(target), versions)).join(", ")}`);
}

/** A trial that has ended, well or not, is none of ours any more. */
async function back(candidate: Candidate, traffic: Traffic, { out }: CanaryOutput): Promise<void> {
  const { target, version } = candidate;
  const rules = traffic.rulesOf(target);
  if (rules.rollback?.canary !== version) {
    out(`${target}: ${version} is not being tried`);
    return;
  }
  const newest = newestStable((await traffic.versionsOf(target)).filter((other) => other !== version));
  const others = newest === undefined ? {} : { [newest]: 100 };
  await traffic.change(target, (document) => withoutShare(document, { candidate: version, others }));
  out(`${target}: no calls go to ${version}`);
}

async function promote(candidates: readonly Candidate[], traffic: Traffic, output: CanaryOutput): Promise<ExitCode> {
  for (const { target, version } of candidates) {
    if ((await traffic.versionsOf(target)).includes(version)) continue;
    output.err(`${target} ${version} is not alive; calls stay where they are`);
    return 1;
  }
  for (const { target, version } of candidates) {
    await traffic.change(target, (document) => allTo(document, version));
    output.out(`${target}: all calls go to ${version}`);
  }
  return 0;
}

/** @throws VastifyError `invalid_argument`, reasons `bad_option` and `bad_manifest` */
async function candidatesOf({ candidates, config }: CanaryOptions): Promise<readonly Candidate[]> {
  const isComplete = candidates.length > 0 && candidates.every((text) => text.includes("@"));
  const services = isComplete ? {} : (await readManifest(config, process.cwd())).system.services;
  if (candidates.length === 0)
    return Object.entries(services)
      .filter(([, { microservicePort }]) => microservicePort !== undefined)
      .map(([target, { version }]) => ({ target, version }));
  return candidates.map((text) => {
    const [target = "", version = services[target]?.version] = text.split("@");
    expectTargetName("a candidate's target", target);
    if (version !== undefined && semver.valid(version) === version) return { target, version };
    throw badOption(`the version of ${target}`, version, "a semver behind @, or the manifest's");
  });
}

function expectNumber(name: string, text: string, lowest: number, highest: number): number {
  const number = Number(text);
  if (text.trim() !== "" && number >= lowest && number <= highest) return number;
  throw badOption(name, text, `a number from ${lowest} to ${highest}`);
}
