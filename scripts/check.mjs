// npm run check: what should hold before each commit, in seconds. It prints one line per step, and the output of those that failed.
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { expectNodeVersion } from "./node-version.mjs";

expectNodeVersion();
process.chdir(resolve(import.meta.dirname, ".."));

const steps = [
  ["format", ["npm", "run", "--silent", "check:format"]],
  // Types come before lint: ESLint reads the declarations that the build writes.
  ["types", ["npm", "run", "--silent", "check:types"]],
  ["lint", ["npm", "run", "--silent", "check:lint"]],
  ["rooms", ["npm", "run", "--silent", "check:rooms"]],
  ["generated files", ["npm", "run", "--silent", "check:generated"]],
  ["unit tests", [process.execPath, "node_modules/vitest/vitest.mjs", "run", "--project", "unit"]],
];

for (const [name, [command, ...args]] of steps) {
  const startedAt = performance.now();
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${status === 0 ? "ok    " : "FAILED"} ${name} (${seconds} s)`);
  if (status === 0) continue;
  process.exitCode = 1;
  console.log(`${stdout}${stderr}`.trimEnd());
}
