// npm run check: what should hold before each commit, within a minute. It prints one line per step, and the output of
// those that failed.
import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import { expectNodeVersion } from "./node-version.mjs";

expectNodeVersion();
process.chdir(resolve(import.meta.dirname, ".."));

const script = (name) => ["npm", ["run", "--silent", name]];
const steps = {
  format: script("check:format"),
  rooms: script("check:rooms"),
  types: script("build"),
  "types of tests": script("check:types"),
  lint: script("check:lint"),
  "generated files": script("check:generated"),
  "unit tests": [process.execPath, ["node_modules/vitest/vitest.mjs", "run", "--project", "unit"]],
};

async function run(name) {
  const [command, args] = steps[name];
  const startedAt = performance.now();
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise((resolve) => child.once("error", resolve).once("close", resolve));
  const [stdout, stderr, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${status === 0 ? "ok    " : "FAILED"} ${name} (${seconds} s)`);
  if (status === 0) return;
  process.exitCode = 1;
  console.log(`${status instanceof Error ? status.message : `${stdout}${stderr}`}`.trimEnd());
}

async function runInOrder(names) {
  for (const name of names) await run(name);
}

// Two at a time, as small machines have two cores. The tests and the generator read what the build writes.
await Promise.all([
  runInOrder(["lint", "format", "rooms"]),
  runInOrder(["types", "generated files", "unit tests", "types of tests"]),
]);
