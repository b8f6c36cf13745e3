import { Deployment } from "kubernetes-models/apps/v1";
import { HorizontalPodAutoscaler } from "kubernetes-models/autoscaling/v2";
import { NetworkPolicy } from "kubernetes-models/networking.k8s.io/v1";
import { PodDisruptionBudget } from "kubernetes-models/policy/v1";
import { Service } from "kubernetes-models/v1";
import { describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { shop } from "../../../test/support/shop.js";
import { generateFiles } from "../generate.js";
import { defineSystem } from "../system.js";
import { consulValues } from "./consul-values.js";
import { kustomization, skaffoldFile } from "./kustomization.js";
import { serviceManifests } from "./service-manifests.js";

const models = { Deployment, HorizontalPodAutoscaler, NetworkPolicy, PodDisruptionBudget, Service };
type Kind = keyof typeof models;
interface Manifest {
  apiVersion: string;
  kind: Kind;
  metadata: { name: string };
}

function manifestsOf(name: string, system = shop): Manifest[] {
  const service = system.services[name];
  if (!service) throw new Error(`there is no ${name}`);
  return parseAllDocuments(serviceManifests(system, name, service).text).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS() as Manifest;
  });
}

function find<K extends Kind>(name: string, kind: K): InstanceType<(typeof models)[K]> {
  const manifest = manifestsOf(name).find((one) => one.kind === kind);
  return new models[kind](manifest as never) as InstanceType<(typeof models)[K]>;
}

describe.each(["stock", "gateway"])("the generated manifests of %s", (name) => {
  it("are what Kubernetes' own schemas ask for", () => {
    const manifests = manifestsOf(name);
    expect(manifests.map(({ kind }) => kind).sort()).toEqual(Object.keys(models).sort());
    for (const manifest of manifests) {
      const model = new models[manifest.kind](manifest as never);
      expect(() => model.validate()).not.toThrow();
      // The model knows which version of the API has this kind.
      expect(model.apiVersion).toBe(manifest.apiVersion);
    }
  });

  it("leave a pod the time that its drain takes", () => {
    const pod = find(name, "Deployment").spec?.template.spec;
    const env = pod?.containers[0]?.env ?? [];
    const ms = (variable: string) => Number(env.find((one) => one.name === variable)?.value);
    const drainSeconds = (ms("DRAIN_NOTICE_MS") + ms("DRAIN_GRACE_MS")) / 1_000;
    expect(pod?.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(drainSeconds + 4);
    const { periodSeconds = 0, failureThreshold = 0 } = pod?.containers[0]?.readinessProbe ?? {};
    expect(periodSeconds * failureThreshold).toBeLessThan(ms("DRAIN_NOTICE_MS") / 1_000);
    // What says 503 while it drains must not be killed for it.
    expect(pod?.containers[0]?.livenessProbe?.httpGet?.path).toBe("/health/live");
  });

  it("select the pods that they make", () => {
    const labels = find(name, "Deployment").spec?.template.metadata?.labels;
    for (const selector of [
      find(name, "Deployment").spec?.selector.matchLabels,
      find(name, "Service").spec?.selector,
      find(name, "PodDisruptionBudget").spec?.selector?.matchLabels,
      find(name, "NetworkPolicy").spec?.podSelector?.matchLabels,
    ]) {
      expect(labels).toMatchObject(selector ?? { missing: true });
    }
  });

  it("never take away the last pod, nor run with more rights than needed", () => {
    expect(find(name, "HorizontalPodAutoscaler").spec?.minReplicas).toBeGreaterThanOrEqual(2);
    expect(find(name, "Deployment").spec?.strategy?.rollingUpdate).toEqual({ maxUnavailable: 0, maxSurge: 1 });
    const pod = find(name, "Deployment").spec?.template.spec;
    expect(pod).toMatchObject({ automountServiceAccountToken: false, securityContext: { runAsNonRoot: true } });
    expect(pod?.containers[0]?.securityContext).toMatchObject({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
  });
});

it("leave time for a longer drain of the manifest's, and tell it once", () => {
  const patient = defineSystem({ ...shop, environment: { DRAIN_GRACE_MS: { value: "60000" } } });
  const pod = (manifestsOf("stock", patient)[0] as Deployment).spec?.template.spec;
  expect(pod?.terminationGracePeriodSeconds).toBe(70);
  const told = pod?.containers[0]?.env?.filter(({ name }) => name === "DRAIN_GRACE_MS");
  expect(told).toEqual([{ name: "DRAIN_GRACE_MS", value: "60000" }]);
});

it("take secrets from a Secret, and plain values from the manifest", () => {
  const env = find("stock", "Deployment").spec?.template.spec?.containers[0]?.env ?? [];
  const of = (name: string) => env.find((one) => one.name === name);
  for (const name of ["MONGODB_URI", "AMQP_URL", "REDIS_URL"])
    expect(of(name)?.valueFrom?.secretKeyRef).toEqual({ name: "shop-secrets", key: name });
  const secretKeyRef = { name: "shop-secrets", key: "PAYMENT_KEY", optional: true };
  expect(of("PAYMENT_KEY")?.valueFrom).toEqual({ secretKeyRef });
  expect(of("CURRENCY")?.value).toBe("EUR");
});

it("let the world reach the edge alone, and only for REST", () => {
  expect(find("gateway", "NetworkPolicy").spec?.ingress).toEqual([{ ports: [{ protocol: "TCP", port: 3000 }] }]);
  expect(find("stock", "NetworkPolicy").spec?.ingress?.[0]?.from).toHaveLength(1);
});

it("let Consul's agents, which are pods of another namespace, ask for health, and nothing else", () => {
  expect(find("stock", "NetworkPolicy").spec?.ingress?.[1]).toEqual({
    from: [
      {
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "consul" } },
        podSelector: { matchLabels: { app: "consul", component: "client" } },
      },
    ],
    ports: [{ protocol: "TCP", port: 3333 }],
  });
});

it("are listed for kubectl and skaffold", () => {
  expect(parse(kustomization(shop).text)).toMatchObject({
    namespace: "shop",
    resources: ["stock.yaml", "gateway.yaml"],
  });
  expect(kustomization(shop).text).toContain("create secret generic shop-secrets --from-literal=MONGODB_URI=");
  const docker = { dockerfile: "deploy/Dockerfile" };
  expect(parse(skaffoldFile(shop).text)).toMatchObject({
    build: {
      artifacts: [
        { image: "shop/stock", context: ".", docker: { ...docker, target: "stock" } },
        { image: "shop/gateway", context: ".", docker: { ...docker, target: "gateway" } },
      ],
    },
    manifests: { kustomize: { paths: ["deploy/kubernetes"] } },
  });
  expect(parse(consulValues(shop).text)).toMatchObject({ client: { enabled: true }, server: { replicas: 3 } });
});

describe("without Consul", () => {
  const byDns = defineSystem({ ...shop, discovery: "dns" });

  it("a headless Service names the pods, and they find each other by it", () => {
    const manifests = manifestsOf("gateway", byDns);
    for (const manifest of manifests)
      expect(() => new models[manifest.kind](manifest as never).validate()).not.toThrow();
    const headless = new Service(manifests.find(({ metadata }) => metadata.name === "gateway-instances") as never);
    expect(headless.spec).toMatchObject({
      ...{ clusterIP: "None", selector: { "app.kubernetes.io/name": "gateway" } },
      ports: [{ name: "http", port: 3000 }],
    });
    const deployment = new Deployment(manifests.find(({ kind }) => kind === "Deployment") as never);
    const env = deployment.spec?.template.spec?.containers[0]?.env ?? [];
    const of = (name: string) => env.find((one) => one.name === name)?.value;
    expect(of("DISCOVERY_NAME")).toBe("_http._tcp.{target}-instances.$(NAMESPACE).svc.cluster.local");
    expect([of("DISCOVERY"), of("DISCOVERY_TARGETS")]).toEqual(["dns", "stock"]);
    expect(env.filter(({ name }) => name.startsWith("CONSUL_"))).toEqual([]);
    // A variable can be used in those that come after it.
    const names = env.map(({ name }) => name);
    expect(names.indexOf("NAMESPACE")).toBeLessThan(names.indexOf("DISCOVERY_NAME"));
  });

  it("there are no values for its chart", () => {
    const paths = (system: typeof shop) => generateFiles(system).map(({ path }) => path);
    expect(paths(shop)).toContain("deploy/kubernetes/consul-values.yaml");
    expect(paths(byDns)).not.toContain("deploy/kubernetes/consul-values.yaml");
  });
});

it("hands on values with dollars as they are", () => {
  const priced = defineSystem({ ...shop, environment: { PRICE: { value: "$(HOST) $$1" } } });
  const [deployment] = manifestsOf("stock", priced) as unknown as [Deployment];
  const { env } = deployment.spec?.template.spec?.containers[0] ?? {};
  expect(env?.find(({ name }) => name === "PRICE")?.value).toBe("$$(HOST) $$$$1");
});
