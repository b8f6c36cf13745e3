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
 * of the calls there before anybody else gets it.
 */
export function releasesOf({ hosts }: System): readonly ReleaseCommands[] {
  const { canary, ...others } = hosts;
  const releases = Object.entries(others).map(([to, { ref }]) => ({
    to,
    branch: branchOf(ref),
    commands: [deployTo(to)],
  }));
  if (!canary) return releases;
  const first = {
    to: "canary",
    branch: branchOf(canary.ref),
    commands: [hold, deployTo("canary"), tryIt],
    onCancel: takeBack,
  };
  return [first, ...releases.map((release) => ({ ...release, after: first.to }))];
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
  return /^origin\/(.+)$/.exec(ref)?.[1] ?? "master";
}

function deployTo(to: string): ReleaseCommand {
  return {
    why: "A release that does not get healthy is gone back from on its host, and ends this.",
    command: `npx pm2 deploy ${to}`,
  };
}
