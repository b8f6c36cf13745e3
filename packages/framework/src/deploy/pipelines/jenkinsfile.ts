import { type GeneratedFile, header } from "../generated-file.js";
import type { System } from "../system.js";
import { releasedByHand, releasesOf } from "./release-commands.js";

/** For Jenkins: test, compile, and after somebody's word release by pm2 deploy, which goes back by itself. */
export function jenkinsfile(system: System): GeneratedFile {
  const { install, test, compile, nodeMajor } = system.build;
  const releases = releasesOf(system).map(
    ({ to, branch, commands, onCancel }) => `    stage("Release to ${to}") {
      // Other branches are not asked.
      when { branch ${groovy(branch)} }
      stages {
        stage("Ask for ${to}") {
          // The time that somebody takes to answer is none of the release's; without an answer there is none.
          options { timeout(time: 1, unit: "DAYS") }
          steps { input "Release to ${to}?" }
        }
        stage("Deploy to ${to}") {
          options { timeout(time: 1, unit: "HOURS") }
          steps {
            sshagent(["deploy-key"]) {
${commands.map(({ why, command }) => `              // ${why}\n              sh ${groovy(command)}\n`).join("")}            }
          }
${
  onCancel
    ? `          post {
            // ${onCancel.why}
            aborted { sh ${groovy(onCancel.command)} }
          }
`
    : ""
}        }
      }
    }
`,
  );
  const byHand = releasedByHand(system);
  const text = `${header("//", "", "It takes the plugins Docker Pipeline and SSH Agent, and the hosts' key as a credential `deploy-key`.")}
pipeline {
  agent { docker { image "node:${nodeMajor}-bookworm" } }
  options { disableConcurrentBuilds() }
  stages {
    stage("Test") {
      options { timeout(time: 1, unit: "HOURS") }
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
      }
    }
${releases.join("")}${byHand.length > 0 ? `    // By hand, as no push knows which of them is free: ${byHand.join(", ")}.\n` : ""}  }
}
`;
  return { path: "deploy/pipelines/Jenkinsfile", text };
}

/** In single quotes nothing is filled in. */
function groovy(text: string): string {
  return `'${text.replaceAll(/[\\']/g, "\\$&")}'`;
}
