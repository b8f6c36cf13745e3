import { isDeepStrictEqual } from "node:util";
import type { CheckDefinition, CheckRecord, CheckStatus, ServiceDefinition, ServiceRecord } from "./records.js";
import { createServiceIndexes, type ServiceIndexes } from "./service-indexes.js";
import { firstIndex, type WriteLog } from "./write-log.js";

/** Services, their checks, and when each last changed. */
export interface Catalog {
  readonly indexes: Pick<ServiceIndexes, "services" | "checks" | "of">;
  services(): readonly ServiceRecord[];
  service(id: string): ServiceRecord | undefined;
  checks(): readonly CheckRecord[];
  check(id: string): CheckRecord | undefined;
  /** Writes a service, its checks, and removes checks, as one change that waiters see at once. */
  put(service: ServiceDefinition, checks: readonly CheckDefinition[], dropped?: readonly string[]): void;
  /** Removes a service and its checks. */
  remove(serviceId: string): void;
  /** A check that was there keeps its status until the next run. */
  putCheck(check: CheckDefinition): void;
  removeCheck(id: string): void;
  setStatus(id: string, status: CheckStatus, output: string): void;
}

export function createCatalog(writes: WriteLog, now: () => number): Catalog {
  const services = new Map<string, ServiceRecord>();
  const checks = new Map<string, CheckRecord>();
  const indexes = createServiceIndexes();

  const checksChanged = (serviceId: string, index: number) => {
    const name = services.get(serviceId)?.name;
    indexes.checksChanged(name === undefined ? [...services.values()].map((one) => one.name) : [name], index);
  };
  const leaveName = (name: string, index: number) => {
    const isAlive = [...services.values()].some((one) => one.name === name);
    if (isAlive) indexes.serviceChanged(name, index);
    else indexes.serviceVanished(name, index);
  };
  const storeService = (service: ServiceDefinition, index: number) => {
    const old = services.get(service.id);
    if (old && isDeepStrictEqual(old, { ...old, ...service })) return;
    services.set(service.id, { ...service, createIndex: old?.createIndex ?? index, modifyIndex: index });
    indexes.serviceChanged(service.name, index);
    if (old && old.name !== service.name) leaveName(old.name, index);
  };
  const storeCheck = (check: CheckDefinition, index: number) => {
    const old = checks.get(check.id);
    const kept = old ? { ...check, status: old.status, output: old.output } : check;
    const isSame = old !== undefined && isDeepStrictEqual(old, { ...old, ...kept });
    checks.set(check.id, {
      ...kept,
      criticalSince: undefined,
      createIndex: old?.createIndex ?? index,
      modifyIndex: isSame ? old.modifyIndex : index,
    });
    if (!isSame) checksChanged(check.serviceId, index);
  };
  const dropCheck = (id: string, index: number) => {
    const old = checks.get(id);
    if (checks.delete(id) && old) checksChanged(old.serviceId, index);
  };

  return {
    indexes,
    services: () => [...services.values()].sort(byId),
    service: (id) => services.get(id),
    checks: () => [...checks.values()].sort(byId),
    check: (id) => checks.get(id),
    put(service, newChecks, dropped = []) {
      writes.write((index) => {
        storeService(service, index);
        for (const id of dropped) dropCheck(id, index);
        for (const check of newChecks) storeCheck(check, index);
      });
    },
    remove(serviceId) {
      const old = services.get(serviceId);
      if (!old) return;
      writes.write((index) => {
        for (const check of [...checks.values()]) if (check.serviceId === serviceId) dropCheck(check.id, index);
        services.delete(serviceId);
        leaveName(old.name, index);
      });
    },
    putCheck: (check) => writes.write((index) => storeCheck(check, index)),
    removeCheck: (id) => writes.write((index) => dropCheck(id, index)),
    setStatus(id, status, output) {
      const old = checks.get(id);
      if (!old) return;
      const criticalSince = status === "critical" ? (old.criticalSince ?? now()) : undefined;
      const next = { ...old, status, output, criticalSince };
      // An output alone is no news: Consul also tells waiters of a status only.
      if (status === old.status) checks.set(id, next);
      else
        writes.write((index) => {
          checks.set(id, { ...next, modifyIndex: index });
          checksChanged(old.serviceId, index);
        });
    },
  };
}

/** What every Consul server has registered of itself. */
export function seedCatalog(catalog: Catalog, port: number): void {
  catalog.put(
    {
      id: serverServiceId,
      name: serverServiceId,
      tags: [],
      meta: {},
      address: "",
      port,
      taggedAddresses: {},
      weights: { Passing: 1, Warning: 1 },
      enableTagOverride: false,
    },
    [],
  );
  catalog.putCheck({
    id: nodeCheckId,
    name: "Serf Health Status",
    notes: "",
    serviceId: "",
    status: "passing",
    output: "Agent alive and reachable",
    probe: { type: "" },
    deregisterAfterMs: undefined,
  });
}

/** The agent hides these two, which belong to the server. */
export const serverServiceId = "consul";
export const nodeCheckId = "serfHealth";
export const nodeIndex = firstIndex;

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
