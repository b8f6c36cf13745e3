import { closeSync, existsSync, openSync, renameSync, statSync, unlinkSync, utimesSync } from "node:fs";
import { join } from "node:path";

/** How long a process may hold a message; one that was killed holds its own no longer. */
const leaseMs = 2_000;

/**
 * Messages seen, kept as files that all processes see: `ID.lease` while one is at it, `ID.done` once it is handled.
 * @param {string} folder
 * @returns {import("vastify/messaging").SeenMessages}
 */
export function seenFiles(folder) {
  const lease = (id) => join(folder, `${id}.lease`);
  const done = (id) => join(folder, `${id}.done`);
  return {
    async claim(id) {
      if (existsSync(done(id))) return "handled";
      try {
        closeSync(openSync(lease(id), "wx"));
        return "first";
      } catch {
        return takeOver(lease(id)) ? "first" : existsSync(done(id)) ? "handled" : "elsewhere";
      }
    },
    async settle(id, isHandled) {
      if (isHandled) renameSync(lease(id), done(id));
      else unlinkSync(lease(id));
    },
  };
}

function takeOver(file) {
  const now = Date.now();
  const age = now - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? now);
  if (age < leaseMs) return false;
  utimesSync(file, now / 1000, now / 1000);
  return true;
}
