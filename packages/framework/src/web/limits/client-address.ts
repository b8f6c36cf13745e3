import type { IncomingMessage } from "node:http";
import { BlockList, isIP, isIPv4 } from "node:net";
import { badOption } from "../../core/index.js";

/**
 * Whose word on a client's address counts (`x-forwarded-for`): that of so many proxies in a row in front of us, or of
 * those at these addresses and networks, such as `10.0.0.0/8`.
 */
export type TrustProxy = number | readonly string[];

/** @returns the address of the client as far as it can be trusted */
export type ClientAddress = (request: IncomingMessage) => string;

/** @throws VastifyError `invalid_argument`, reason `bad_option` */
export function createClientAddress(trust: TrustProxy, where: string): ClientAddress {
  const isTrusted = trustOf(trust, where);
  return ({ socket, headers }) => {
    let address = plain(socket.remoteAddress ?? "");
    // Each proxy appends whom it saw, so the list is read from its end for as long as its writers are trusted.
    const seen = [headers["x-forwarded-for"] ?? []].flat().join(",").split(",");
    for (let hop = 0; isTrusted(address, hop); hop++) {
      const before = plain(seen.pop()?.trim() ?? "");
      if (isIP(before) === 0) break;
      address = before;
    }
    return address;
  };
}

function trustOf(trust: TrustProxy, where: string): (address: string, hop: number) => boolean {
  if (typeof trust === "number") {
    if (Number.isInteger(trust) && trust >= 0) return (_address, hop) => hop < trust;
    throw badOption(where, trust, "a number of proxies, 0 or more");
  }
  if (!Array.isArray(trust)) throw badOption(where, trust, "a number of proxies, or a list of addresses and networks");
  const trusted = new BlockList();
  for (const [index, network] of trust.entries()) addNetwork(trusted, network, `${where}[${index}]`);
  return (address) => isIP(address) !== 0 && trusted.check(address, familyOf(address));
}

function addNetwork(trusted: BlockList, network: unknown, where: string): void {
  const [address = "", bits] = typeof network === "string" ? network.split("/") : [];
  const longest = isIPv4(address) ? 32 : 128;
  const prefix = bits === undefined ? longest : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
  if (isIP(address) === 0 || !(prefix <= longest))
    throw badOption(where, network, 'an address or a network such as "10.0.0.0/8"');
  trusted.addSubnet(address, prefix, familyOf(address));
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIPv4(address) ? "ipv4" : "ipv6";
}

/** A socket that listens on IPv6 shows IPv4 clients as `::ffff:192.0.2.1`. */
function plain(address: string): string {
  const inner = address.toLowerCase().startsWith("::ffff:") ? address.slice(7) : "";
  return isIPv4(inner) ? inner : address;
}

/** What is counted as one client: an IPv4 address, or the /64 network that one IPv6 subscriber has for itself. */
export function clientNetwork(address: string): string {
  if (!address.includes(":")) return address;
  const [head = "", tail = ""] = address.split("%")[0]?.split("::") ?? [];
  const front = head.split(":").filter(Boolean);
  const back = tail.split(":").filter(Boolean);
  const zeros = address.includes("::") ? Math.max(0, 8 - front.length - back.length) : 0;
  const groups = [...front, ...Array<string>(zeros).fill("0"), ...back].slice(0, 4);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(":")}::/64`;
}
