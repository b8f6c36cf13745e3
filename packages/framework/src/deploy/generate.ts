import { composeFile } from "./docker/compose-file.js";
import { developmentFile } from "./docker/development-file.js";
import { dockerfile, dockerignore } from "./docker/dockerfile.js";
import { nginxFile } from "./docker/nginx-file.js";
import type { GeneratedFile } from "./generated-file.js";
import { consulValues } from "./kubernetes/consul-values.js";
import { kustomization, skaffoldFile } from "./kubernetes/kustomization.js";
import { serviceManifests } from "./kubernetes/service-manifests.js";
import { githubWorkflow } from "./pipelines/github-workflow.js";
import { jenkinsfile } from "./pipelines/jenkinsfile.js";
import { ecosystemFile, type ModuleType, rootEcosystemFile } from "./pm2/ecosystem-file.js";
import { releaseScript } from "./pm2/release-script.js";
import type { System } from "./system.js";

/**
 * Every file that puts a system on hosts, in containers and on clusters.
 * @param type of the package that the files are written to
 */
export function generateFiles(system: System, type: ModuleType = "commonjs"): readonly GeneratedFile[] {
  return [
    ...[rootEcosystemFile(type), ecosystemFile(system, type), releaseScript(system)],
    ...[dockerignore(), dockerfile(system), composeFile(system), developmentFile(system), ...nginxFile(system)],
    ...Object.entries(system.services).map(([name, service]) => serviceManifests(system, name, service)),
    ...[kustomization(system), ...(system.discovery === "consul" ? [consulValues(system)] : []), skaffoldFile(system)],
    ...[jenkinsfile(system), githubWorkflow(system)],
  ];
}
