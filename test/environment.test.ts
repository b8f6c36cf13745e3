import { readFileSync } from "node:fs";
import { describeEnv, type EnvVariable } from "vastify";
import { expect, it } from "vitest";
import * as account from "../services/account-server/src/config.js";
import * as config from "../services/config-server/src/config.js";
import * as gateway from "../services/gateway/src/config.js";

const page = "../docs/reference/environment.md";

const services = [
  { name: "config-server", variables: describeEnv(config.defaults), own: {} },
  { name: "account-server", variables: describeEnv(account.defaults, account.variables), own: account.variables },
  { name: "gateway", variables: describeEnv(gateway.defaults, gateway.variables), own: gateway.variables },
];

it(`${page} says what the services read from their environment (vitest --update writes it)`, async () => {
  const sections = services.map(({ name, variables }) => `## ${name}\n\n${tableOf(variables)}\n`);
  await expect(`${introduction}\n${sections.join("\n")}`).toMatchFileSnapshot(page);
});

it.each(services)("what $name reads of its own is handed on to its container", ({ name, own }) => {
  const compose = readFileSync(new URL("../deploy/compose.yaml", import.meta.url), "utf8");
  const section = compose.split(new RegExp(`^  ${name}:$`, "m"))[1]?.split(/^ {2}\S/m)[0] ?? "";
  const handedOn = [...section.matchAll(/^ {6}([A-Z_]+):/gm)].map(([, variable]) => variable);
  expect(handedOn).toEqual(expect.arrayContaining(Object.keys(own)));
});

const introduction = `# Environment variables

Made from the services' schemas by \`test/environment.test.ts\`, which fails when it is not up to date.

A variable that is empty counts as absent. Each may stand in a file instead: \`NAME_FILE\` is the path of a file that holds the
value of \`NAME\`, as containers get their secrets. A service with a wrong variable does not start, and names it.
`;

function tableOf(variables: readonly EnvVariable[]): string {
  const rows = variables.map(({ name, purpose, expected, defaultValue, isRequired }) => {
    const absent = isRequired ? "none: needed" : defaultValue === undefined ? "" : `\`${defaultValue}\``;
    return `| \`${name}\` | ${purpose} | ${expected} | ${absent} |`;
  });
  return ["| variable | | must be | default |", "|---|---|---|---|", ...rows].join("\n");
}
