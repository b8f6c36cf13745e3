import { median, shown } from "../support/stats.mjs";
import { table } from "../support/table.mjs";

const called = 10;

/**
 * V8's young generation grows while 10,000 patterns are added and stays small for 10, and what is measured would be its
 * size: both get it whole, as a service that has been busy for a while has it.
 */
export const patternsArgv = ["--min-semi-space-size=16"];

/** Patterns as modules have them; which one answers makes no difference. */
export function addPatterns(service, count) {
  for (let i = 0; i < count; i++) service.add(patternOf(i), (message, reply) => reply(null, message.data));
}

/** Messages for ten of so many patterns, spread over all. */
export function messagesFor(count) {
  const step = Math.max(1, Math.floor(count / called));
  return Array.from({ length: Math.min(called, count) }, (_, index) => patternOf(index * step));
}

function patternOf(index) {
  return { module: `module-${index % 100}`, if: `action-${index}` };
}

/** @param {Map<string, any[]>} results */
export function patternsTable(results) {
  const rows = [
    ["calls/s in a process", "patterns"],
    ["calls/s from another", "patterns-call"],
  ].flatMap(([title, cell]) => {
    const measured = ["few", "many"].map((name) => results.get(`${cell}/vastify-${name}`));
    if (measured.includes(undefined)) return [];
    return [[title, ...measured.map((rounds) => shown(median(rounds.map(({ perSecond }) => perSecond))))]];
  });
  if (rows.length === 0) return "";
  return table(["vastify", "10 patterns, 2 instances", "10,000 patterns, 1,000 instances"], rows);
}
