import { parseFlag } from "./agent-routes.js";
import { type Catalog, nodeIndex } from "./catalog.js";
import type { CheckRecord, ServiceRecord } from "./records.js";
import { Refusal } from "./refusal.js";
import { json, type Query, type RegistryRequest, type Route } from "./reply.js";
import { catalogServiceView, checkView, healthServiceView, type NodeIdentity, nodeView } from "./views.js";

/** `/v1/catalog` and `/v1/health`: reads that can wait for a change. */
export function catalogRoutes(catalog: Catalog, node: NodeIdentity): readonly Route[] {
  const { indexes } = catalog;
  const newest = () => Math.max(indexes.services, indexes.checks);
  const viewCheck = (check: CheckRecord) => checkView(check, catalog.service(check.serviceId), node);
  const viewChecks = (isWanted: (check: CheckRecord) => boolean) =>
    json(catalog.checks().filter(isWanted).map(viewCheck));

  const instances = (name: string, { query }: RegistryRequest) => {
    const tags = query.getAll("tag").filter((tag) => tag !== "");
    return catalog.services().filter((service) => service.name === name && tags.every((tag) => hasTag(service, tag)));
  };
  const checksFor = (service: ServiceRecord) => {
    const all = catalog.checks();
    return [...all.filter((one) => one.serviceId === ""), ...all.filter((one) => one.serviceId === service.id)];
  };
  const healthOf = (name: string, request: RegistryRequest, isPassingOnly: boolean) =>
    instances(name, request)
      .map((service) => ({ service, checks: checksFor(service) }))
      .filter(({ checks }) => !isPassingOnly || checks.every((check) => check.status === "passing"))
      .map(({ service, checks }) => ({
        Node: nodeView(node),
        Service: healthServiceView(service),
        Checks: checks.map(viewCheck),
      }));

  const routes: Record<string, (request: RegistryRequest) => Query> = {
    "/v1/catalog/nodes": () => ({ index: () => nodeIndex, answer: () => json([nodeView(node)]) }),
    "/v1/catalog/services": () => ({ index: () => indexes.services, answer: () => json(tagsByName(catalog)) }),
    "/v1/catalog/service/": (request) => {
      const name = expectRest(request, "service name");
      return {
        index: () => indexes.of(name),
        answer: () => json(instances(name, request).map((service) => catalogServiceView(service, node))),
      };
    },
    "/v1/health/service/": (request) => {
      const name = expectRest(request, "service name");
      const isPassingOnly = readPassing(request.query);
      return { index: () => indexes.of(name), answer: () => json(healthOf(name, request, isPassingOnly)) };
    },
    "/v1/health/checks/": (request) => {
      const name = expectRest(request, "service name");
      const isWanted = (check: CheckRecord) => catalog.service(check.serviceId)?.name === name;
      return { index: () => indexes.of(name), answer: () => viewChecks(isWanted) };
    },
    "/v1/health/state/": (request) => {
      const state = expectRest(request, "check state");
      return {
        index: () => indexes.checks,
        answer: () => viewChecks((one) => state === "any" || one.status === state),
      };
    },
    "/v1/health/node/": (request) => {
      const name = expectRest(request, "node name");
      return { index: newest, answer: () => viewChecks(() => name === node.name) };
    },
  };
  return [
    ...Object.entries(routes).map(([path, GET]) => ({ path, GET })),
    { path: "/v1/catalog/datacenters", GET: () => json([node.datacenter]) },
    { path: "/v1/status/leader", GET: () => json(`${node.address}:8300`) },
    { path: "/v1/status/peers", GET: () => json([`${node.address}:8300`]) },
  ];
}

function tagsByName(catalog: Catalog): Record<string, readonly string[]> {
  const tags = new Map<string, Set<string>>();
  for (const service of catalog.services()) {
    const known = tags.get(service.name) ?? new Set();
    for (const tag of service.tags) known.add(tag);
    tags.set(service.name, known);
  }
  return Object.fromEntries([...tags].map(([name, known]) => [name, [...known]]));
}

function hasTag(service: ServiceRecord, wanted: string): boolean {
  return service.tags.some((tag) => tag.toLowerCase() === wanted.toLowerCase());
}

function readPassing(query: URLSearchParams): boolean {
  if (!query.has("passing")) return false;
  const isPassingOnly = parseFlag(query.get("passing") || "true");
  if (isPassingOnly === undefined) throw new Refusal(400, "Invalid value for ?passing");
  return isPassingOnly;
}

function expectRest({ rest }: RegistryRequest, what: string): string {
  if (rest !== "") return rest;
  throw new Refusal(400, `Missing ${what}`);
}
