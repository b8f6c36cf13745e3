import { writeFileSync } from "node:fs";

/** Writes how many tests passed and failed to the file that VASTIFY_TALLY_FILE names; scripts/test.mjs reads it. */
export default class TallyReporter {
  onTestRunEnd(testModules, unhandledErrors) {
    let passed = 0;
    let failed = unhandledErrors.length;
    for (const testModule of testModules) {
      // A file that does not load and a hook that throws count too, although no test of theirs ran.
      failed += hasErrors(testModule) ? 1 : 0;
      for (const suite of testModule.children.allSuites()) failed += hasErrors(suite) ? 1 : 0;
      for (const test of testModule.children.allTests()) {
        const { state } = test.result();
        if (state === "passed") passed++;
        if (state === "failed") failed++;
      }
    }
    writeFileSync(process.env.VASTIFY_TALLY_FILE, JSON.stringify({ passed, failed }));
  }
}

function hasErrors(suite) {
  return suite.errors().length > 0;
}
