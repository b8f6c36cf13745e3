// npm run build [-- FOLDER…]: checks and writes the declarations of what changed, and writes the JavaScript.
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { expectNodeVersion } from "./node-version.mjs";

expectNodeVersion();
const root = resolve(import.meta.dirname, "..");
const { status, error } = spawnSync(
  process.execPath,
  [resolve(root, "node_modules/typescript/bin/tsc"), "-b", ...process.argv.slice(2)],
  { cwd: root, stdio: "inherit" },
);
if (error) console.error(`the build did not run: ${error.message}`);
process.exitCode = status ?? 1;
if (status === 0) await import("./bundle.mjs").then(({ bundleFramework }) => bundleFramework());
