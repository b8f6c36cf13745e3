import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { runKubectl } from "@vastify/backends";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { kustomization } from "../../src/deploy/kubernetes/kustomization.js";
import { serviceManifests } from "../../src/deploy/kubernetes/service-manifests.js";
import { shop } from "../support/shop.js";

interface Manifest {
  kind: string;
  metadata: { name: string; namespace?: string };
}

const signal = AbortSignal.timeout(60_000);
const services = Object.entries(shop.services).map(([name, service]) => serviceManifests(shop, name, service));
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "vastify-kubectl-"));
  for (const { path, text } of [...services, kustomization(shop)]) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

async function kubectl(...args: string[]): Promise<Manifest[]> {
  const { exitCode, stdout, stderr } = await runKubectl(args, { cwd: folder, signal });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  return manifestsIn(stdout);
}

function manifestsIn(text: string): Manifest[] {
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest);
}

const titleOf = ({ kind, metadata: { name, namespace } }: Manifest) => `${kind} ${name} in ${namespace}`;

it("applies each generated manifest to the system's namespace", async () => {
  const written = services.flatMap(({ text }) => manifestsIn(text));
  for (const manifest of written) manifest.metadata.namespace = "shop";
  const rendered = await kubectl("kustomize", "deploy/kubernetes");
  expect(rendered.map(titleOf).sort()).toEqual(written.map(titleOf).sort());
});

it("makes the namespace and the secrets by the lines that the kustomization begins with", async () => {
  const lines = kustomization(shop).text.match(/kubectl.* create .*/g) ?? [];
  const made: string[] = [];
  for (const line of lines) {
    const [, ...words] = line.replaceAll("…", "a-value").split(" ");
    made.push(...(await kubectl(...words, "--dry-run=client", "--output", "yaml")).map(titleOf));
  }
  expect(made).toEqual(["Namespace shop in undefined", "Secret shop-secrets in shop"]);
});
