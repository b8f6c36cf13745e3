import { isIP } from "node:net";
import { badOption, expectPort, expectTargetName } from "../../core/index.js";

/** How instances are found by DNS, where there is no Consul: in Kubernetes by headless Services. */
export interface DnsOptions {
  /**
   * The whole name that a target's instances have in DNS, `{target}` standing for the target, such as
   * `{target}.shop.svc.cluster.local`. One that begins with a service and a protocol, such as
   * `_http._tcp.{target}.shop.svc.cluster.local`, names SRV records, which tell the HTTP ports too.
   */
  name: string;
  /** The HTTP port of every instance; only where `name` is not one of SRV records. */
  port?: number;
  /** Targets that are followed from the start: those that a gateway serves, since DNS lists none. @default [] */
  targets?: readonly string[];
  /** DNS servers, `address` or `address:port`. @default the machine's */
  servers?: readonly string[];
  /** The longest time between two questions, in milliseconds; a record's TTL may make it shorter. @default 5_000 */
  refreshMs?: number;
}

export interface ResolvedDnsOptions {
  readonly name: string;
  /** Undefined for SRV records. */
  readonly port: number | undefined;
  readonly targets: readonly string[];
  readonly servers: readonly string[] | undefined;
  readonly refreshMs: number;
}

/** Letters, digits, dashes and underscores between dots; DNS takes no name of more than 253 signs. */
const nameShape = /^(?=.{1,253}$)[\w-]{1,63}(\.[\w-]{1,63})*\.?$/;

const known: readonly string[] = ["name", "port", "targets", "servers", "refreshMs"];

/** @throws VastifyError `invalid_argument`, reason `bad_option`, naming the option */
export function resolveDnsOptions(options: DnsOptions): ResolvedDnsOptions {
  const { name, targets = [], servers, refreshMs = 5_000 } = options;
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown !== undefined) throw badOption(`dns.${unknown}`, "unknown", `one of ${known.join(", ")}`);
  if (typeof name !== "string" || name.split("{target}").length !== 2 || !nameShape.test(name.replace("{target}", "t")))
    throw badOption("dns.name", name, 'a name in DNS with {target} in it, such as "{target}.shop.svc.cluster.local"');
  const isService = name.startsWith("_");
  if (isService && options.port !== undefined)
    throw badOption("dns.port", options.port, "left out, since the SRV records that dns.name names tell the ports");
  if (!Array.isArray(targets)) throw badOption("dns.targets", targets, "a list of targets");
  if (!(refreshMs >= 1_000)) throw badOption("dns.refreshMs", refreshMs, "a number of milliseconds from 1000 up");
  if (servers !== undefined && (!Array.isArray(servers) || servers.length === 0))
    throw badOption("dns.servers", servers, "a list of addresses, or left out for the machine's");
  for (const server of servers ?? []) expectServer(server);
  return {
    name,
    port: isService ? undefined : expectPort("dns.port", options.port),
    targets: targets.map((target, at) => expectTargetName(`dns.targets[${at}]`, target)),
    servers,
    refreshMs,
  };
}

function expectServer(server: string): void {
  const [, bracketed, plain, port = "53"] = /^(?:\[(.+)\]|([^:]+|[^:]*:[^:]*:.*?))(?::(\d+))?$/.exec(server) ?? [];
  if (isIP(bracketed ?? plain ?? "") === 0) throw badOption("dns.servers", server, "addresses, or address:port");
  expectPort("the port in dns.servers", Number(port));
}
