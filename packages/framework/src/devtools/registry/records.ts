export const checkStatuses = ["passing", "warning", "critical"] as const;
export type CheckStatus = (typeof checkStatuses)[number];

/** How a check learns its status. */
export type Probe =
  | {
      readonly type: "http";
      readonly url: string;
      readonly method: string;
      readonly headers: Readonly<Record<string, readonly string[]>>;
      readonly body: string;
      readonly isTlsVerified: boolean;
      readonly intervalMs: number;
      readonly timeoutMs: number;
    }
  | {
      readonly type: "tcp";
      readonly address: string;
      readonly intervalMs: number;
      readonly timeoutMs: number;
    }
  | { readonly type: "ttl"; readonly ttlMs: number }
  | { readonly type: "maintenance" }
  | { readonly type: "" };

export interface CheckDefinition {
  readonly id: string;
  readonly name: string;
  readonly notes: string;
  /** The service it belongs to; empty for a check of the whole node. */
  readonly serviceId: string;
  readonly status: CheckStatus;
  readonly output: string;
  readonly probe: Probe;
  /** How long it may stay critical before its service is deregistered. */
  readonly deregisterAfterMs: number | undefined;
}

export interface CheckRecord extends CheckDefinition {
  /** When a run or an update first found it critical, in milliseconds of the clock. */
  readonly criticalSince: number | undefined;
  readonly createIndex: number;
  readonly modifyIndex: number;
}

export interface ServiceAddress {
  readonly Address: string;
  readonly Port: number;
}

export interface ServiceDefinition {
  readonly id: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly meta: Readonly<Record<string, string>>;
  readonly address: string;
  readonly port: number;
  readonly taggedAddresses: Readonly<Record<string, ServiceAddress>>;
  readonly weights: { readonly Passing: number; readonly Warning: number };
  readonly enableTagOverride: boolean;
}

export interface ServiceRecord extends ServiceDefinition {
  readonly createIndex: number;
  readonly modifyIndex: number;
}

export interface KvRecord {
  readonly key: string;
  readonly value: Buffer;
  readonly flags: number;
  readonly createIndex: number;
  readonly modifyIndex: number;
}
