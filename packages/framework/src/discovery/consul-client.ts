import { EventEmitter } from "node:events";
import { createRequire } from "node:module";
import type Consul from "consul";
import type { z } from "zod";
import { badOption, VastifyError } from "../core/index.js";
import { type Contact, createContact } from "./contact.js";

/** How fresh answers are: `stale` ones come from any server, `consistent` ones are confirmed by a quorum. */
export const consistencies = ["default", "stale", "consistent"] as const;
export type Consistency = (typeof consistencies)[number];

export interface ConsulOptions {
  /** `host:port`, or a URL when Consul speaks TLS. @default "127.0.0.1:8500" */
  address?: string;
  /** ACL token sent with every request. @default none */
  token?: string;
  /** @default the agent's own */
  datacenter?: string;
  /** The certificate authority of an `https:` address, in PEM. @default the system's */
  ca?: string;
  /**
   * How fresh the answers must be that instances and settings are followed by. `stale` spreads the reading over all of
   * Consul's servers and goes on without a leader; `consistent` costs a round trip more. @default "default"
   */
  consistency?: Consistency;
  /** How long a request that does not block may take, in milliseconds. @default 5_000 */
  timeoutMs?: number;
}

export interface ConsulHandle {
  readonly api: Consul;
  /** For people: where this Consul is. */
  readonly address: string;
  readonly timeoutMs: number;
  readonly consistency: Consistency;
  readonly contact: Contact;
  /** Those that wait for an answer; each holds a connection. */
  readonly openQueries: Set<RequestContext>;
  /** Drops the kept connections. */
  close(): void;
}

/** @throws VastifyError `invalid_argument`, reason `bad_option`, naming `consul.address` or `consul.consistency` */
export function connectConsul(options: ConsulOptions = {}): ConsulHandle {
  const { address = "127.0.0.1:8500", token, datacenter, ca, timeoutMs = 5_000, consistency = "default" } = options;
  const url = parseAddress(address);
  if (!consistencies.includes(consistency))
    throw badOption("consul.consistency", consistency, `one of ${consistencies.join(", ")}`);
  // The client's types leave `timeout` out; an object made before the call may carry it.
  const settings = {
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: Number(url.port || (url.protocol === "https:" ? 443 : 8500)),
    secure: url.protocol === "https:",
    timeout: timeoutMs,
    ...(ca !== undefined && { ca: [ca] }),
    defaults: { ...(token && { token }), ...(datacenter && { dc: datacenter }) },
  };
  // Loaded here, as who finds others by DNS does without it.
  const Client = createRequire(import.meta.url)("consul") as typeof Consul;
  const api = new Client(settings);
  const contact = createContact(url.host);
  const openQueries = new Set<RequestContext>();
  return { api, address: url.host, timeoutMs, consistency, contact, openQueries, close: () => api.destroy() };
}

function parseAddress(address: string): URL {
  const expected = '"host:port" or an http(s) URL';
  const text = /^https?:\/\//.test(address) ? address : `http://${address}`;
  if (!URL.canParse(text)) throw badOption("consul.address", address, expected);
  const url = new URL(text);
  if (url.pathname !== "/" || url.username !== "") throw badOption("consul.address", address, expected);
  return url;
}

/** The client's way of canceling a request and of seeing the response's headers. */
export class RequestContext extends EventEmitter {
  readonly includeResponse = true;
  readonly #signal: AbortSignal;
  readonly #cancel = (): void => {
    this.emit("cancel");
  };

  constructor(signal: AbortSignal) {
    super();
    this.#signal = signal;
    signal.addEventListener("abort", this.#cancel, { once: true });
  }

  release(): void {
    this.#signal.removeEventListener("abort", this.#cancel);
  }
}

/** @throws Error saying that the answer is not what Consul gives: something else sits at its address */
export function expectAnswer<Value>(shape: z.ZodType<Value>, body: unknown, what: string): Value {
  const parsed = shape.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new Error(`its answer is not ${what}`);
}

/** What a failed request to Consul means to us, with the place to look named. */
export function consulError(thrown: unknown, consul: ConsulHandle, doing: string): VastifyError {
  const status = statusOf(thrown);
  const said = thrown instanceof Error ? thrown.message : String(thrown);
  if (status === 403) {
    return new VastifyError(
      "permission_denied",
      `Consul at ${consul.address} refused ${doing}: give an ACL token that may`,
      {
        reason: "registry_denied",
      },
    );
  }
  if (status !== undefined && status < 500) {
    return new VastifyError("invalid_argument", `Consul at ${consul.address} refused ${doing}: ${said}`, {
      reason: "registry_refused",
    });
  }
  const open = consul.openQueries.size;
  const crowded =
    open >= manyQueries && isCutOff(thrown)
      ? `, or raise its limits.http_max_conns_per_client (200 unless set): ${open} queries of this process are open`
      : "";
  return new VastifyError(
    "unavailable",
    `Consul at ${consul.address} did not do ${doing} (${said}): start it, or set the right address (CONSUL_HTTP_ADDR)${crowded}`,
    { reason: "registry_unreachable" },
  );
}

/** So many that, with a few more processes on the host, Consul's limit of connections per address comes near. */
const manyQueries = 50;

/** The way in which Consul turns away a connection too many. */
function isCutOff(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  return ("code" in thrown && thrown.code === "ECONNRESET") || /ECONNRESET|socket hang up/.test(thrown.message);
}

export function statusOf(thrown: unknown): number | undefined {
  if (typeof thrown !== "object" || thrown === null || !("statusCode" in thrown)) return undefined;
  return typeof thrown.statusCode === "number" ? thrown.statusCode : undefined;
}
