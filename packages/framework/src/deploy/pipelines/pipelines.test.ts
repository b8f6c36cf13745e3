import { expect, it } from "vitest";
import { parse } from "yaml";
import { shop } from "../../../test/support/shop.js";
import { githubWorkflow } from "./github-workflow.js";
import { jenkinsfile } from "./jenkinsfile.js";

const steps = ["npm ci", "npm run build", "npx vastify generate --check", "npm test", "npx pm2 deploy production"];

interface Workflow {
  jobs: Record<string, { needs?: string; steps: { run?: string }[] }>;
}

it("the GitHub workflow checks everything before it releases", () => {
  const { jobs } = parse(githubWorkflow(shop).text) as Workflow;
  const [check, release] = [jobs.check, jobs["release-to-production"]];
  expect(check?.steps.flatMap(({ run }) => run ?? [])).toEqual(steps.slice(0, 4));
  expect(release?.needs).toBe("check");
  expect(release?.steps.at(-1)?.run).toBe(steps.at(-1));
});

it("the Jenkinsfile runs the same steps in the same order", () => {
  const { text } = jenkinsfile(shop);
  const commands = [...text.matchAll(/\bsh ['"](.*?)['"]/g)].map(([, command]) => command);
  expect(commands).toEqual(steps);
  expect(text.match(/\{/g)?.length).toBe(text.match(/\}/g)?.length);
});
