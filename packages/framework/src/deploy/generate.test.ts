import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { readStages } from "../../test/support/dockerfile-stages.js";
import { shop } from "../../test/support/shop.js";
import { generateFiles } from "./generate.js";
import { defineSystem, type System, type VariableDeclaration } from "./system.js";
import { commonVariables } from "./variables.js";

interface Document {
  kind?: string;
  metadata?: { name: string };
  spec?: { template?: { spec: { containers: { env: { name: string }[] }[] } } };
}

/** What the framework reads, as far as a manifest may say it, in the way of `declaration`. */
function everything(declaration: VariableDeclaration): Record<string, VariableDeclaration> {
  const others = ["TRUST_PROXY", "NODE_ENV", ...(declaration.value === undefined ? ["MONGODB_URI"] : [])];
  const names = commonVariables.filter((name) => name !== "CONSUL_HTTP_ADDR" && name !== "ADVERTISE_HOST");
  return Object.fromEntries([...names, ...others].map((name) => [name, declaration]));
}

const { production } = shop.hosts;
if (!production) throw new Error("the shop has no production");
const systems: Readonly<Record<string, System>> = {
  shop,
  "shop with hosts of all kinds": defineSystem({
    ...shop,
    hosts: { production, canary: production, blue: production, green: production },
  }),
  "shop with variables handed on": defineSystem({
    ...shop,
    environment: { ...everything({}), HTTP_PORT: {}, CONSUL_HTTP_ADDR: {}, ADVERTISE_HOST: {} },
  }),
  "shop with variables of the manifest": defineSystem({ ...shop, environment: everything({ value: "1" }) }),
  "shop with secrets": defineSystem({ ...shop, environment: everything({ secret: true }) }),
};

describe.each(Object.entries(systems))("the generated files of a %s", (_what, declared) => {
  it.each(["consul", "dns"] as const)("say everything once, with %s", (discovery) => {
    const files = generateFiles({ ...declared, discovery });
    expectEachOnce(files.map(({ path }) => path));
    const yaml = files.filter(({ path }) => path.endsWith(".yaml"));
    const documents = yaml.flatMap(({ path, text }) =>
      parseAllDocuments(text, { uniqueKeys: true, strict: true }).map((document) => {
        expect([...document.errors, ...document.warnings], path).toEqual([]);
        return document.toJS() as Document;
      }),
    );
    const resources = documents.flatMap(({ kind, metadata }) => (metadata ? [`${kind} ${metadata.name}`] : []));
    expectEachOnce(resources);
    const containers = documents.flatMap(({ spec }) => spec?.template?.spec.containers ?? []);
    expect(containers).toHaveLength(2);
    for (const { env } of containers) expectEachOnce(env.map(({ name }) => name));
  });

  it("have each stage of the Dockerfile once", () => {
    const text = generateFiles(declared).find(({ path }) => path === "deploy/Dockerfile")?.text ?? "";
    expect(text.match(/^FROM /gm)).toHaveLength(readStages(text).size);
  });
});

function expectEachOnce(names: readonly string[]): void {
  expect(names).toEqual([...new Set(names)]);
}
