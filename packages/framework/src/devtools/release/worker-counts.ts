import type { Kept } from "./pm2.js";
import type { App } from "./read-apps.js";

/**
 * Tells of apps that have more or fewer processes than their file says: pm2 leaves their number alone when it reloads.
 * It is not changed here, as somebody may have scaled an app by hand, and a fork can't become a cluster without a gap.
 * @param startWith the file and its options
 */
export function otherCounts(
  apps: readonly Pick<App, "name" | "instances">[],
  kept: readonly Kept[],
  startWith: string,
): readonly string[] {
  return apps.flatMap(({ name, instances }) => {
    const ours = kept.filter(({ app }) => app === name);
    if (instances === undefined || instances === ours.length) return [];
    const change = ours.some(({ isCluster }) => isCluster)
      ? `pm2 scale ${name} ${instances}`
      : `pm2 delete ${name} && pm2 start ${startWith} --only ${name}`;
    return [`${name} has ${ours.length} of ${instances} workers, as a reload keeps their number: ${change}`];
  });
}
