import { percentile } from "../../support/stats.mjs";

/**
 * What became of requests.
 * @param {readonly import("./load.mjs").Outcome[]} outcomes
 */
export function tallyOf(outcomes) {
  const failures = {};
  for (const { error } of outcomes) if (error) failures[error] = (failures[error] ?? 0) + 1;
  const latencies = Float64Array.from(
    outcomes.filter(({ error }) => !error),
    ({ ms }) => ms,
  ).sort();
  const ms = (share) => (latencies.length > 0 ? Number(percentile(latencies, share).toFixed(1)) : null);
  return {
    sent: outcomes.length,
    failed: outcomes.length - latencies.length,
    ...(Object.keys(failures).length > 0 && { failures }),
    p50Ms: ms(0.5),
    p99Ms: ms(0.99),
    slowestMs: ms(1),
  };
}

/** The tally of each kind. */
export function talliesByKind(outcomes) {
  const kinds = [...new Set(outcomes.map(({ kind }) => kind))].sort();
  return Object.fromEntries(kinds.map((kind) => [kind, tallyOf(outcomes.filter((one) => one.kind === kind))]));
}

/** How many succeeded by each value of a property, such as `by` or `version`. */
export function countBy(outcomes, property) {
  const counts = {};
  for (const { error, [property]: value } of outcomes) if (!error) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

/** For people, on one line. */
export function lineOf(kind, { sent, failed, failures, p50Ms, p99Ms, slowestMs }) {
  const why = failures
    ? ` (${Object.entries(failures)
        .map(([error, count]) => `${count} × ${error}`)
        .join(", ")})`
    : "";
  return `${kind}: ${sent} sent, ${failed} failed${why}; p50 ${p50Ms} ms, p99 ${p99Ms} ms, slowest ${slowestMs} ms`;
}
