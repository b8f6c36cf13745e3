import { expect, it } from "vitest";
import { parse } from "yaml";
import { shop } from "../../../test/support/shop.js";
import { defineSystem } from "../system.js";
import { githubWorkflow } from "./github-workflow.js";
import { jenkinsfile } from "./jenkinsfile.js";

const steps = ["npm ci", "npm run build", "npx vastify generate --check", "npm test", "npx pm2 deploy production"];

const { production } = shop.hosts;
if (!production) throw new Error("the shop has no production");
/** The same, with hosts that get each release first. */
const careful = defineSystem({ ...shop, hosts: { production, canary: { ...production, host: "canary.example" } } });
const canarySteps = [
  "npx vastify canary hold",
  "npx pm2 deploy canary",
  "npx vastify canary try || { npx pm2 deploy canary revert 1; exit 1; }",
  // Only when it is cancelled.
  "npx vastify canary back",
];

interface Workflow {
  jobs: Record<string, { needs?: string; if?: string; env?: object; steps: { run?: string; if?: string }[] }>;
}

it("the GitHub workflow checks everything before it releases", () => {
  const { jobs } = parse(githubWorkflow(shop).text) as Workflow;
  const [check, release] = [jobs.check, jobs["release-to-production"]];
  expect(check?.steps.flatMap(({ run }) => run ?? [])).toEqual(steps.slice(0, 4));
  expect(release?.needs).toBe("check");
  expect(release?.steps.at(-1)?.run).toBe(steps.at(-1));
});

function commandsOf(jenkins: string): (string | undefined)[] {
  return [...jenkins.matchAll(/\bsh ['"](.*?)['"]/g)].map(([, command]) => command);
}

it("the Jenkinsfile runs the same steps in the same order", () => {
  const { text } = jenkinsfile(shop);
  expect(commandsOf(text)).toEqual(steps);
  expect(text.match(/\{/g)?.length).toBe(text.match(/\}/g)?.length);
});

it("both release the branch that the hosts take, and Jenkins asks nobody on other branches", () => {
  const main = defineSystem({ ...shop, hosts: { production: { ...production, ref: "origin/main" } } });
  expect(jenkinsfile(main).text).toContain("when { beforeInput true; branch 'main' }");
  const { jobs } = parse(githubWorkflow(main).text) as Workflow;
  expect(jobs["release-to-production"]?.if).toBe("github.ref == 'refs/heads/main'");
});

it("both give a release to the canary's hosts first, and go on only when it was good", () => {
  expect(commandsOf(jenkinsfile(careful).text)).toEqual([...steps.slice(0, 4), ...canarySteps, ...steps.slice(4)]);
  const { jobs } = parse(githubWorkflow(careful).text) as Workflow;
  const [canary, release] = [jobs["release-to-canary"], jobs["release-to-production"]];
  expect(canary?.steps.flatMap(({ run }) => run ?? []).slice(-4)).toEqual(canarySteps);
  expect(canary?.steps.map((step) => step.if).filter(Boolean)).toEqual(["cancelled()"]);
  expect(canary?.steps.at(-1)?.if).toBe("cancelled()");
  expect(jenkinsfile(careful).text).toContain("aborted { sh 'npx vastify canary back' }");
  expect(Object.keys(canary?.env ?? {})).toEqual(["CONSUL_HTTP_ADDR", "CONSUL_HTTP_TOKEN"]);
  expect([canary?.needs, release?.needs]).toEqual(["check", "release-to-canary"]);
});
