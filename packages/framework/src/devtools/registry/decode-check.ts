import { decodeBody, expectTexts, type Fields } from "./decode-fields.js";
import type { CheckDefinition, CheckStatus, Probe } from "./records.js";
import { checkStatuses } from "./records.js";
import { Refusal } from "./refusal.js";

const unsupported = ["Args", "ScriptArgs", "Script", "Shell", "DockerContainerID", "GRPC", "AliasNode", "AliasService"];
const thresholds = ["SuccessBeforePassing", "FailuresBeforeWarning", "FailuresBeforeCritical"];
const tuning = ["TLSSkipVerify", "TLSServerName", "GRPCUseTLS", "OutputMaxSize", "Token", "Namespace"];

/** The fields that a check may have inside a service's registration. */
export const checkFields = [
  ...["CheckID", "ID", "Name", "Notes", "Status", "ServiceID", "DeregisterCriticalServiceAfter"],
  ...["HTTP", "Method", "Header", "Body", "TCP", "Interval", "Timeout", "TTL"],
  ...unsupported,
  ...thresholds,
  ...tuning,
];

// Consul's own, for a check that names no timeout.
const defaultTimeoutMs = 10_000;
// Consul never checks more often.
const shortestIntervalMs = 1000;

/** A check that is registered by itself, for a service or for the node. */
export function decodeCheck(body: Buffer): CheckDefinition {
  const fields = decodeBody(body, checkFields);
  const name = fields.text("Name");
  if (name === "") throw new Refusal(400, "Missing check name");
  const id = fields.text("CheckID") || fields.text("ID") || name;
  return readCheck(fields, { id, name, serviceId: fields.text("ServiceID") });
}

export function readCheck(
  fields: Fields,
  { id, name, serviceId }: Pick<CheckDefinition, "id" | "name" | "serviceId">,
): CheckDefinition {
  const deregisterAfterMs = fields.durationMs("DeregisterCriticalServiceAfter");
  return {
    id,
    name,
    serviceId,
    notes: fields.text("Notes"),
    status: readStatus(fields.text("Status")),
    output: "",
    probe: readProbe(fields),
    deregisterAfterMs: deregisterAfterMs > 0 ? deregisterAfterMs : undefined,
  };
}

function readStatus(status: string): CheckStatus {
  if (status === "") return "critical";
  if (isCheckStatus(status)) return status;
  throw new Refusal(400, "Status for checks must 'passing', 'warning', 'critical'");
}

export function isCheckStatus(status: string): status is CheckStatus {
  return (checkStatuses as readonly string[]).includes(status);
}

function readProbe(fields: Fields): Probe {
  const strange = [...unsupported, ...thresholds].find((name) => fields.has(name));
  if (strange) throw new Refusal(400, `Invalid check: ${strange} is not supported by the development registry`);

  const ttlMs = fields.durationMs("TTL");
  const interval = fields.durationMs("Interval");
  const url = fields.text("HTTP");
  const address = fields.text("TCP");
  if (interval > 0 && ttlMs > 0) throw new Refusal(400, "Invalid check: Interval and TTL cannot both be specified");
  if (url === "" && address === "") {
    if (ttlMs <= 0) throw new Refusal(400, "Invalid check: TTL must be > 0 for TTL checks");
    return { type: "ttl", ttlMs };
  }
  if (interval <= 0) throw new Refusal(400, "Invalid check: Interval must be > 0 for Script, HTTP, or TCP checks");
  const timing = {
    intervalMs: Math.max(interval, shortestIntervalMs),
    timeoutMs: fields.durationMs("Timeout") || defaultTimeoutMs,
  };
  if (url === "") return { type: "tcp", address, ...timing };
  return {
    type: "http",
    url,
    method: fields.text("Method") || "GET",
    headers: fields.map("Header", expectTexts),
    body: fields.text("Body"),
    isTlsVerified: !fields.flag("TLSSkipVerify"),
    ...timing,
  };
}
