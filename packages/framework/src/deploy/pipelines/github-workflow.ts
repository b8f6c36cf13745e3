import { type GeneratedFile, header } from "../generated-file.js";
import type { System } from "../system.js";
import { quoted } from "../yaml.js";
import { releasedByHand, releasesOf } from "./release-commands.js";

/** For GitHub, to be copied to `.github/workflows/`: the same steps as the Jenkinsfile. */
export function githubWorkflow(system: System): GeneratedFile {
  const { install, test, compile, nodeMajor } = system.build;
  const releases = releasesOf(system).map(
    ({ to, branch, commands, after, onCancel }) => `
  release-to-${to}:
    needs: ${after ? `release-to-${after}` : "check"}
    if: github.ref == 'refs/heads/${branch}'
    runs-on: ubuntu-24.04
    # From somebody's answer on.
    timeout-minutes: 60
    # Its protection rules ask somebody, and keep the key.
    environment: ${to}
    concurrency: release-to-${to}
${to === "canary" ? consulVariables : ""}    steps:
      - uses: actions/checkout@v4
        with: { fetch-depth: 0 }
      - uses: actions/setup-node@v4
        with: { node-version: ${quoted(nodeMajor)}, cache: npm }
      - run: ${quoted(install)}
      - name: Take the key that opens the hosts
        run: |
          install -m 700 -d ~/.ssh
          printf '%s\\n' "$DEPLOY_KEY" > ~/.ssh/id_ed25519
          chmod 600 ~/.ssh/id_ed25519
        env:
          DEPLOY_KEY: \${{ secrets.DEPLOY_KEY }}
${commands.map(({ why, command }) => `      # ${why}\n      - run: ${quoted(command)}\n`).join("")}${onCancel ? `      # ${onCancel.why}\n      - if: cancelled()\n        run: ${quoted(onCancel.command)}\n` : ""}`,
  );
  const byHand = releasedByHand(system);
  const text = `${header("#", "", "It takes the hosts' key as a secret DEPLOY_KEY of their environments.")}
name: ${system.name}

on:
  push:
  pull_request:

permissions:
  contents: read

jobs:
  check:
    runs-on: ubuntu-24.04
    timeout-minutes: 60
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with: { node-version: ${quoted(nodeMajor)}, cache: npm }
      - run: ${quoted(install)}
      - run: ${quoted(compile)}
      # Fails with the difference when somebody changed the manifest or a generated file alone.
      - run: npx vastify generate --check
      - run: ${quoted(test)}
${releases.join("")}${byHand.length > 0 ? `\n  # By hand, as no push knows which of them is free: ${byHand.join(", ")}.\n` : ""}`;
  return { path: "deploy/pipelines/github-workflow.yaml", text };
}

/** The calls are shared out in Consul, which the runner has to reach. */
const consulVariables = `    env:
      CONSUL_HTTP_ADDR: \${{ vars.CONSUL_HTTP_ADDR }}
      CONSUL_HTTP_TOKEN: \${{ secrets.CONSUL_HTTP_TOKEN }}
`;
