import type { GeneratedFile } from "./generated-file.js";
import { ecosystemFile, rootEcosystemFile } from "./pm2/ecosystem-file.js";
import { releaseScript } from "./pm2/release-script.js";
import type { System } from "./system.js";

/** Every file that puts a system on hosts. */
export function generateFiles(system: System): readonly GeneratedFile[] {
  return [rootEcosystemFile(), ecosystemFile(system), releaseScript(system)];
}
