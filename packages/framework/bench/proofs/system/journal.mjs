import { openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";

/**
 * Writes down what an instance began and ended. Each line is with the kernel before the work goes on, so what a killed
 * process had begun is known.
 */
export function createJournal(folder, instance) {
  const file = openSync(join(folder, instance), "a");
  return {
    begin: (id) => void writeSync(file, `begin ${id}\n`),
    end: (id) => void writeSync(file, `end ${id}\n`),
  };
}

/**
 * Which instances began each write, and which ended it.
 * @returns {Map<string, { begunBy: string[], endedBy: string[] }>} by the write's id
 */
export function readJournals(folder) {
  const writes = new Map();
  for (const instance of readdirSync(folder)) {
    for (const line of readFileSync(join(folder, instance), "utf8").split("\n").slice(0, -1)) {
      const [what, id] = line.split(" ");
      if (!writes.has(id)) writes.set(id, { begunBy: [], endedBy: [] });
      writes.get(id)[what === "begin" ? "begunBy" : "endedBy"].push(instance);
    }
  }
  return writes;
}
