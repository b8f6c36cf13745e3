import type { Logger } from "../../core/index.js";
import type { Catalog } from "./catalog.js";
import { type CheckRunner, runCheck } from "./check-runner.js";
import type { Registration } from "./decode-service.js";
import type { CheckDefinition, CheckStatus } from "./records.js";
import { Refusal } from "./refusal.js";

/** Registers services, runs their checks, and deregisters what stays critical for too long. */
export interface Agent {
  register(registration: Registration, options: { isReplacingChecks: boolean }): void;
  deregister(serviceId: string): void;
  maintain(serviceId: string, isEnabled: boolean, reason: string): void;
  registerCheck(check: CheckDefinition): void;
  deregisterCheck(id: string): void;
  /** @throws Refusal 500, as Consul, when there is no TTL check of this id */
  updateTtl(id: string, status: CheckStatus, output: string): void;
  /** Deregisters the services with a check that has been critical for longer than it allows. */
  reap(): void;
  stop(): void;
}

export interface AgentOptions {
  readonly catalog: Catalog;
  readonly log: Logger;
  readonly now: () => number;
  readonly random: () => number;
  readonly deregisterFloorMs: number;
}

const defaultReason =
  "Maintenance mode is enabled for this service, but no reason was provided. This is a default message.";

export function createAgent({ catalog, log, now, random, deregisterFloorMs }: AgentOptions): Agent {
  const runners = new Map<string, CheckRunner>();

  const report = (id: string, status: CheckStatus, output: string) => {
    const before = catalog.check(id)?.status;
    catalog.setStatus(id, status, output);
    if (before !== status) log.info(`check ${id} is ${status}`, { output });
  };
  const stopRunner = (id: string) => {
    runners.get(id)?.stop();
    runners.delete(id);
  };
  const startRunner = (check: CheckDefinition) => {
    stopRunner(check.id);
    const runner = runCheck(check, (finding) => report(check.id, finding.status, finding.output), random);
    if (runner) runners.set(check.id, runner);
  };
  const checksOf = (serviceId: string) => catalog.checks().filter((check) => check.serviceId === serviceId);

  const deregister = (serviceId: string) => {
    for (const { id } of checksOf(serviceId)) stopRunner(id);
    catalog.remove(serviceId);
  };

  return {
    register({ service, checks }, { isReplacingChecks }) {
      const kept = new Set(checks.map((check) => check.id));
      const dropped = isReplacingChecks ? checksOf(service.id).filter((check) => !kept.has(check.id)) : [];
      for (const { id } of dropped) stopRunner(id);
      catalog.put(
        service,
        checks,
        dropped.map((check) => check.id),
      );
      for (const check of checks) startRunner(check);
      log.debug(`registered ${service.id}`);
    },
    deregister(serviceId) {
      deregister(serviceId);
      log.debug(`deregistered ${serviceId}`);
    },
    maintain(serviceId, isEnabled, reason) {
      if (!catalog.service(serviceId)) throw new Refusal(404, `No service registered with ID "${serviceId}"`);
      const id = `_service_maintenance:${serviceId}`;
      if (!isEnabled) return catalog.removeCheck(id);
      catalog.putCheck({
        id,
        name: "Service Maintenance Mode",
        notes: reason || defaultReason,
        serviceId,
        status: "critical",
        output: "",
        probe: { type: "maintenance" },
        deregisterAfterMs: undefined,
      });
    },
    registerCheck(check) {
      if (check.serviceId !== "" && !catalog.service(check.serviceId)) {
        throw new Refusal(500, `ServiceID "${check.serviceId}" does not exist`);
      }
      catalog.putCheck(check);
      startRunner(check);
    },
    deregisterCheck(id) {
      stopRunner(id);
      catalog.removeCheck(id);
    },
    updateTtl(id, status, output) {
      const runner = runners.get(id);
      if (!runner?.isTtl) throw new Refusal(500, `CheckID "${id}" does not have associated TTL`);
      runner.renew(output);
      report(id, status, output);
    },
    reap() {
      for (const { id, serviceId, criticalSince, deregisterAfterMs } of catalog.checks()) {
        if (deregisterAfterMs === undefined || criticalSince === undefined || !catalog.service(serviceId)) continue;
        if (now() - criticalSince <= Math.max(deregisterAfterMs, deregisterFloorMs)) continue;
        log.warn(`deregistering ${serviceId}: check ${id} has been critical for too long`);
        deregister(serviceId);
      }
    },
    stop() {
      for (const id of [...runners.keys()]) stopRunner(id);
    },
  };
}
