// npm start: builds what changed, then brings up everything that runs on a bare machine. Ctrl+C ends it.
// No top-level await here: a Node.js that is too old must get as far as saying so.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expectNodeVersion } from "./node-version.mjs";

expectNodeVersion();
process.chdir(fileURLToPath(new URL("..", import.meta.url)));

const build = spawnSync(process.execPath, ["scripts/build.mjs"], { encoding: "utf8" });
if (build.status === 0) {
  import("../packages/backends/dist/launcher/launch.js")
    .then(({ launch }) => launch({ process }))
    .then((code) => {
      process.exitCode = code;
    });
} else {
  console.error(build.error ? `the build did not run: ${build.error.message}` : build.stdout + build.stderr);
  process.exitCode = 1;
}
