import { type GeneratedFile, header } from "../generated-file.js";
import type { System } from "../system.js";

/** For Jenkins: test, compile, and after somebody's word release by pm2 deploy, which goes back by itself. */
export function jenkinsfile(system: System): GeneratedFile {
  const { install, test, compile, nodeMajor } = system.build;
  const releases = Object.keys(system.hosts).map(
    (name) => `    stage("Release to ${name}") {
      when { branch "master" }
      input { message "Release to ${name}?" }
      // A release that does not get healthy is gone back from on its host, and fails this stage.
      steps { sh "npx pm2 deploy ${name}" }
    }
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
