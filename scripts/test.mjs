// npm test: builds, runs every test against real backends, and ends with the line `N passed, N failed`.
// Further arguments go to vitest, e.g. `npm test -- --project unit packages/backends`.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expectNodeVersion } from "./node-version.mjs";

expectNodeVersion();
process.chdir(resolve(import.meta.dirname, ".."));

const temp = mkdtempSync(join(tmpdir(), "vastify-npm-test-"));
const { passed, failed } = await buildAndTest(join(temp, "tally.json")).finally(() =>
  rmSync(temp, { recursive: true, force: true }),
);
process.exitCode = failed === 0 ? 0 : 1;
console.log(`${passed} passed, ${failed} failed`);

/** A failure outside any test (the build, the backends, no test found) counts as one failed. */
async function buildAndTest(tallyFile) {
  if ((await run("npm", ["run", "--silent", "build"])) !== 0) return { passed: 0, failed: 1 };
  const exitCode = await run(
    process.execPath,
    [
      ...["node_modules/vitest/vitest.mjs", "run"],
      ...["--reporter=default", "--reporter=./scripts/tally-reporter.mjs", ...process.argv.slice(2)],
    ],
    { REQUIRE_BACKENDS: "1", VASTIFY_TALLY_FILE: tallyFile },
  );
  const tally = readTally(tallyFile);
  const isHealthy = exitCode === 0 && tally.passed + tally.failed > 0;
  return isHealthy ? tally : { ...tally, failed: Math.max(1, tally.failed) };
}

function readTally(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return { passed: 0, failed: 0 };
  }
}

/** Resolves to the exit code. Signals are passed on, so that the tests can stop their backends. */
function run(command, args, env = {}) {
  return new Promise((resolveRun) => {
    const child = spawn(command, args, { stdio: ["ignore", "inherit", "inherit"], env: { ...process.env, ...env } });
    const passOn = (signal) => child.kill(signal);
    for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, passOn);
    const done = (code) => {
      for (const signal of ["SIGINT", "SIGTERM"]) process.off(signal, passOn);
      resolveRun(code ?? 1);
    };
    child.once("error", (error) => {
      console.error(`${command} could not be started: ${error.message}`);
      done(1);
    });
    child.once("exit", done);
  });
}
