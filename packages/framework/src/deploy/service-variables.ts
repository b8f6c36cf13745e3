import type { System } from "./system.js";
import { addressVariables, behindOneProxy, commonVariables } from "./variables.js";

/** A service's variables in production, but for its ports. */
export interface ProductionVariables {
  /** Those with a value in the manifest. */
  readonly values: Readonly<Record<string, string>>;
  /** Those that must stand in nothing that everybody reads: declared secrets, and addresses that hold passwords. */
  readonly secrets: readonly string[];
  /** Those that may be set where the system is started. */
  readonly optional: readonly string[];
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
  const given = { ...(edge?.service === name && behindOneProxy), ...Object.fromEntries(values) };
  const known = new Set([...Object.keys(given), ...secrets, ...addresses, ...ownToContainers]);
  const others = [...commonVariables, ...declared.map(([variable]) => variable)];
  return {
    values: given,
    secrets: [...new Set([...addresses, ...secrets])],
    optional: others.filter((variable) => !known.has(variable)),
  };
}

/** What an image or its orchestrator says itself. */
const ownToContainers = ["HOST", "ADVERTISE_HOST", "CONSUL_HTTP_ADDR", "LOG_FORMAT"];
