import type { System } from "./system.js";
import { addressVariables, behindOneProxy, commonVariables } from "./variables.js";

/** A service's variables in production, but for its ports. */
export interface ProductionVariables {
  /** Those with a value in the manifest. */
  readonly values: Readonly<Record<string, string>>;
  /** Those that must stand in nothing that everybody reads: declared secrets, and addresses that hold passwords. */
  readonly secrets: readonly string[];
  /** How long it may take to leave, where the manifest says it. */
  readonly drain: Drain;
  /** Those that may be set where the system is started. */
  readonly optional: readonly string[];
}

/** In milliseconds: until callers have noticed, and until what is in flight is done. */
export interface Drain {
  readonly noticeMs?: number;
  readonly graceMs?: number;
}

export function productionVariablesOf(system: System, name: string): ProductionVariables {
  const { environment, edge, services } = system;
  const service = services[name];
  const declared = Object.entries({ ...environment, ...service?.environment });
  const values = declared.flatMap(([variable, { value, production = value }]) =>
    production === undefined ? [] : [[variable, production] as const],
  );
  const secrets = declared.filter(([, { secret }]) => secret).map(([variable]) => variable);
  const addresses = (service?.needs ?? []).map((need) => addressVariables[need]);
  const own = { ...(edge?.service === name && behindOneProxy), ...Object.fromEntries(values) };
  const given = Object.fromEntries(Object.entries(own).filter(([variable]) => !secrets.includes(variable)));
  const known = new Set([...Object.keys(given), ...secrets, ...addresses, ...ownToContainers]);
  const others = new Set([...commonVariables, ...declared.map(([variable]) => variable)]);
  const { DRAIN_NOTICE_MS: notice, DRAIN_GRACE_MS: grace } = given;
  return {
    values: given,
    drain: { ...(notice && { noticeMs: Number(notice) }), ...(grace && { graceMs: Number(grace) }) },
    secrets: [...new Set([...addresses, ...secrets])],
    optional: [...others].filter((variable) => !known.has(variable)),
  };
}

/** What an image or its orchestrator says itself. */
const ownToContainers = ["HOST", "HTTP_PORT", "MICROSERVICE_PORT", "ADVERTISE_HOST", "CONSUL_HTTP_ADDR", "LOG_FORMAT"];
