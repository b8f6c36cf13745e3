import { expect, it } from "vitest";
import { parse } from "yaml";
import { shop } from "../../../test/support/shop.js";
import { defineSystem } from "../system.js";
import { githubWorkflow } from "./github-workflow.js";
import { jenkinsfile } from "./jenkinsfile.js";

const release = (to: string) => `npx pm2 deploy ${to} ref "$(git rev-parse HEAD)"`;
const steps = ["npm ci", "npm run build", "npx vastify generate --check", "npm test", release("production")];

const { production } = shop.hosts;
if (!production) throw new Error("the shop has no production");
/** The same, with hosts that get each release first. */
const careful = defineSystem({ ...shop, hosts: { production, canary: { ...production, host: "canary.example" } } });
const canarySteps = [
  "npx vastify canary hold",
  release("canary"),
  "npx vastify canary try || { npx pm2 deploy canary revert 1; exit 1; }",
  // Only when it is cancelled.
  "npx vastify canary back",
];

interface Workflow {
  jobs: Record<string, { needs?: string; if?: string; env?: object; steps: { run?: string; if?: string }[] }>;
}

it("the GitHub workflow checks everything before it releases", () => {
  const { jobs } = parse(githubWorkflow(shop).text) as Workflow;
  const [check, production] = [jobs.check, jobs["release-to-production"]];
  expect(check?.steps.flatMap(({ run }) => run ?? [])).toEqual(steps.slice(0, 4));
  expect(production?.needs).toBe("check");
  expect(production?.steps.at(-1)?.run).toBe(steps.at(-1));
});

function commandsOf(jenkins: string): (string | undefined)[] {
  return [...jenkins.matchAll(/\bsh (['"])(.*?)\1/g)].map(([, , command]) => command);
}

it("the Jenkinsfile runs the same steps in the same order", () => {
  const { text } = jenkinsfile(shop);
  expect(commandsOf(text)).toEqual(steps);
  expect(text.match(/\{/g)?.length).toBe(text.match(/\}/g)?.length);
});

it("both release commits of the branch that the hosts take, and Jenkins asks nobody on other branches", () => {
  const main = defineSystem({ ...shop, hosts: { production: { ...production, ref: "origin/main" } } });
  expect(jenkinsfile(main).text).toMatch(/stage\("Release to production"\) \{\n.*\n *when \{ branch 'main' \}/);
  const { jobs } = parse(githubWorkflow(main).text) as Workflow;
  expect(jobs["release-to-production"]?.if).toBe("github.ref == 'refs/heads/main'");
});

it("both release the tag that the manifest names, and not what was tested", () => {
  const tagged = defineSystem({ ...shop, hosts: { production: { ...production, ref: "v1.2.3" } } });
  expect(commandsOf(jenkinsfile(tagged).text).at(-1)).toBe("npx pm2 deploy production");
  const { jobs } = parse(githubWorkflow(tagged).text) as Workflow;
  expect(jobs["release-to-production"]?.steps.at(-1)?.run).toBe("npx pm2 deploy production");
});

it("both give a release to the canary's hosts first, and go on only when it was good", () => {
  expect(commandsOf(jenkinsfile(careful).text)).toEqual([...steps.slice(0, 4), ...canarySteps, ...steps.slice(4)]);
  const { jobs } = parse(githubWorkflow(careful).text) as Workflow;
  const [canary, others] = [jobs["release-to-canary"], jobs["release-to-production"]];
  expect(canary?.steps.flatMap(({ run }) => run ?? []).slice(-4)).toEqual(canarySteps);
  expect(canary?.steps.map((step) => step.if).filter(Boolean)).toEqual(["cancelled()"]);
  expect(canary?.steps.at(-1)?.if).toBe("cancelled()");
  expect(jenkinsfile(careful).text).toContain("aborted { sh 'npx vastify canary back' }");
  expect(Object.keys(canary?.env ?? {})).toEqual(["CONSUL_HTTP_ADDR", "CONSUL_HTTP_TOKEN"]);
  expect([canary?.needs, others?.needs]).toEqual(["check", "release-to-canary"]);
});

it("a question to Jenkins' people has a time of its own, which its steps do not share", () => {
  const { text } = jenkinsfile(careful);
  const limits = [...text.matchAll(/^( *)(?:stage\("([^"]+)"\)|options \{ timeout\((.*?)\) \})/gm)];
  expect(limits.map(([, , stage, limit]) => stage ?? limit)).toEqual([
    ...["Test", 'time: 1, unit: "HOURS"', "Install", "Compile", "Check"],
    ...["Release to canary", "Ask for canary", 'time: 1, unit: "DAYS"', "Deploy to canary", 'time: 1, unit: "HOURS"'],
    ...["Release to production", "Ask for production", 'time: 1, unit: "DAYS"'],
    ...["Deploy to production", 'time: 1, unit: "HOURS"'],
  ]);
  // One over everything would count the answer in.
  expect(text.match(/timeout/g)).toHaveLength(5);
});

it("Jenkins opens the hosts with the key of its credentials", () => {
  const { text } = jenkinsfile(careful);
  expect(text.match(/sshagent\(\["deploy-key"\]\) \{\n[^}]*pm2 deploy/g)).toHaveLength(2);
});

it("both leave blue and green to who knows which of them is free", () => {
  const pair = { blue: production, green: { ...production, host: "green.example" } };
  const both = defineSystem({ ...shop, hosts: { production, ...pair } });
  const one = defineSystem({ ...shop, hosts: { blue: production } });
  const releasesOf = (system: typeof shop) =>
    [githubWorkflow(system).text, jenkinsfile(system).text].map((text) => text.match(/pm2 deploy \w+/g));
  expect(releasesOf(both)).toEqual([["pm2 deploy production"], ["pm2 deploy production"]]);
  expect(releasesOf(one)).toEqual([["pm2 deploy blue"], ["pm2 deploy blue"]]);
  for (const { text } of [githubWorkflow(both), jenkinsfile(both)]) expect(text).toContain("By hand");
});
