import { until } from "../../support/until.mjs";

/** Waits until Consul shows exactly these instances of a target as passing. */
export function whenPassing(api, target, services, options) {
  const wanted = services
    .map(({ instance }) => instance)
    .sort()
    .join();
  return until(
    async () => (await api.passing(target)).sort().join() === wanted,
    `Consul shows the ${services.length} living instances of ${target}`,
    { everyMs: 100, ...options },
  );
}
