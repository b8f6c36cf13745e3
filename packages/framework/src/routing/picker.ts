import semver from "semver";
import type { Instance } from "../discovery/index.js";

/** Chooses among the instances of one target as they were when it was made. */
export interface Picker {
  /**
   * The next instance of the version asked for.
   * @param range exact, a range, or absent for the newest stable version
   * @param avoid instances that seem to be failing; one of them is given only when all are
   */
  pick(range: string | undefined, avoid: (instance: Instance) => boolean): Instance | undefined;
  /** The versions alive, newest first. */
  readonly versions: readonly string[];
}

/** Which of `versions` is meant by `range`: all that satisfy it, or only the newest stable one when it is absent. */
export function versionsFor(versions: readonly string[], range: string | undefined): readonly string[] {
  if (range !== undefined) return versions.filter((version) => semver.satisfies(version, range));
  const newest = versions.find((version) => semver.prerelease(version) === null) ?? versions[0];
  return newest === undefined ? [] : [newest];
}

export function createPicker(instances: readonly Instance[]): Picker {
  const callable = instances.filter((instance) => instance.endpoint !== null);
  const versions = semver.rsort([...new Set(callable.map((instance) => instance.version))]);
  const byRange = new Map<string | undefined, readonly Instance[]>();
  let turn = 0;

  function candidates(range: string | undefined): readonly Instance[] {
    let found = byRange.get(range);
    if (!found) {
      const wanted = new Set(versionsFor(versions, range));
      found = callable.filter((instance) => wanted.has(instance.version));
      byRange.set(range, found);
    }
    return found;
  }

  return {
    versions,
    pick(range, avoid) {
      const list = candidates(range);
      const start = turn++;
      for (let i = 0; i < list.length; i++) {
        const instance = list[(start + i) % list.length];
        if (instance && !avoid(instance)) return instance;
      }
      return list[start % Math.max(1, list.length)];
    },
  };
}
