import { type GeneratedFile, header } from "../generated-file.js";
import type { System } from "../system.js";
import { releasesOf } from "./release-commands.js";

/** For Jenkins: test, compile, and after somebody's word release by pm2 deploy, which goes back by itself. */
export function jenkinsfile(system: System): GeneratedFile {
  const { install, test, compile, nodeMajor } = system.build;
  const releases = releasesOf(system).map(
    ({ to, branch, commands, onCancel }) => `    stage("Release to ${to}") {
      // Other branches are not asked.
      when { beforeInput true; branch ${groovy(branch)} }
      input { message "Release to ${to}?" }
      steps {
${commands.map(({ why, command }) => `        // ${why}\n        sh ${groovy(command)}\n`).join("")}      }
${
  onCancel
    ? `      post {
        // ${onCancel.why}
        aborted { sh ${groovy(onCancel.command)} }
      }
`
    : ""
}    }
`,
  );
  const text = `${header("//")}
pipeline {
  agent { docker { image "node:${nodeMajor}-bookworm" } }
  options {
    disableConcurrentBuilds()
    timeout(time: 1, unit: "HOURS")
  }
  stages {
    stage("Install") { steps { sh ${groovy(install)} } }
    stage("Compile") { steps { sh ${groovy(compile)} } }
    stage("Check") {
      steps {
        // Fails with the difference when somebody changed the manifest or a generated file alone.
        sh "npx vastify generate --check"
        sh ${groovy(test)}
      }
    }
${releases.join("")}  }
}
`;
  return { path: "deploy/pipelines/Jenkinsfile", text };
}

/** In single quotes nothing is filled in. */
function groovy(text: string): string {
  return `'${text.replaceAll(/[\\']/g, "\\$&")}'`;
}
