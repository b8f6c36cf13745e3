import type { System } from "../system.js";

/** A release to one of the manifest's `hosts`. */
export interface ReleaseCommands {
  /** The name of the hosts. */
  readonly to: string;
  /** The branch that is released: only its pipelines do. */
  readonly branch: string;
  /** Which release has to succeed before. */
  readonly after?: string;
  readonly commands: readonly ReleaseCommand[];
  /** For who cancels it while it runs. */
  readonly onCancel?: ReleaseCommand;
}

export interface ReleaseCommand {
  readonly why: string;
  readonly command: string;
}

/**
 * The releases of a pipeline, in their order. Hosts named `canary` get a release first, and `vastify canary` gives it a share
 * of the calls there before anybody else gets it. Those that are released by hand are left out.
 */
export function releasesOf(system: System): readonly ReleaseCommands[] {
  const { canary, ...others } = system.hosts;
  const pushedTo = Object.entries(others).filter(([to]) => !releasedByHand(system).includes(to));
  const releases = pushedTo.map(([to, { ref }]) => ({ to, branch: branchOf(ref), commands: [deployTo(to, ref)] }));
  if (!canary) return releases;
  const first = {
    to: "canary",
    branch: branchOf(canary.ref),
    commands: [hold, deployTo("canary", canary.ref), tryIt],
    onCancel: takeBack,
  };
  return [first, ...releases.map((release) => ({ ...release, after: first.to }))];
}

/** Of `blue` and `green` one serves and the other one is free for a release; which one, no push can know. */
export function releasedByHand({ hosts }: System): readonly string[] {
  return hosts.blue && hosts.green ? ["blue", "green"] : [];
}

const hold: ReleaseCommand = {
  why: "Calls stay where they are, or the newest version would get them all as soon as it is there.",
  command: "npx vastify canary hold",
};

const tryIt: ReleaseCommand = {
  why: "More and more calls, while all callers watch. What is worse gets none, and goes.",
  command: "npx vastify canary try || { npx pm2 deploy canary revert 1; exit 1; }",
};

const takeBack: ReleaseCommand = {
  why: "Whoever cancels this may have ended the trial before it could take its share back.",
  command: "npx vastify canary back",
};

/** A tag stands on some branch, which is taken for the one that most have. */
function branchOf(ref: string): string {
  return followedBranch(ref) ?? "master";
}

function deployTo(to: string, ref: string): ReleaseCommand {
  const isTested = followedBranch(ref) !== undefined;
  const what = isTested ? "The commit that was tested" : `What the manifest names, ${ref}`;
  return {
    why: `${what}. One that does not get healthy is gone back from on its host, and ends this.`,
    command: `npx pm2 deploy ${to}${isTested ? ' ref "$(git rev-parse HEAD)"' : ""}`,
  };
}

function followedBranch(ref: string): string | undefined {
  return /^origin\/(.+)$/.exec(ref)?.[1];
}
