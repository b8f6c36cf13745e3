import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { clientNetwork, createClientAddress, type TrustProxy } from "./client-address.js";

function addressBy(trust: TrustProxy, remoteAddress: string, forwarded?: string): string {
  const headers = forwarded === undefined ? {} : { "x-forwarded-for": forwarded };
  return createClientAddress(trust, "trustProxy")({ socket: { remoteAddress }, headers } as unknown as IncomingMessage);
}

describe("a client's address", () => {
  it.each<[TrustProxy, string, string | undefined, string]>([
    [0, "192.0.2.1", undefined, "192.0.2.1"],
    [0, "192.0.2.1", "198.51.100.9", "192.0.2.1"],
    [1, "10.0.0.1", "198.51.100.9", "198.51.100.9"],
    [1, "10.0.0.1", "203.0.113.66, 198.51.100.9", "198.51.100.9"],
    [2, "10.0.0.1", "203.0.113.66, 198.51.100.9, 10.0.0.2", "198.51.100.9"],
    [2, "10.0.0.1", "198.51.100.9", "198.51.100.9"],
    [1, "10.0.0.1", undefined, "10.0.0.1"],
    [1, "10.0.0.1", "unknown", "10.0.0.1"],
    [2, "10.0.0.1", "<script>, 10.0.0.2", "10.0.0.2"],
    [1, "10.0.0.1", "", "10.0.0.1"],
    [["10.0.0.0/8"], "10.0.0.1", "203.0.113.66, 198.51.100.9, 10.0.0.2", "198.51.100.9"],
    [["10.0.0.0/8"], "192.0.2.1", "198.51.100.9", "192.0.2.1"],
    [["10.0.0.1"], "10.0.0.2", "198.51.100.9", "10.0.0.2"],
    [["10.0.0.1"], "::ffff:10.0.0.1", "::ffff:198.51.100.9", "198.51.100.9"],
    [["2001:db8::/32"], "2001:db8::1", "2001:db9::7", "2001:db9::7"],
    [["0.0.0.0/0"], "10.0.0.1", "198.51.100.9", "198.51.100.9"],
  ])("with trust in %j, by %s saying %j, is %s", (trust, socket, forwarded, expected) => {
    expect(addressBy(trust, socket, forwarded)).toBe(expected);
  });

  it.each<[unknown, RegExp]>([
    [-1, /trustProxy must be a number of proxies/],
    [true, /trustProxy must be a number of proxies, or a list/],
    [["10.0.0.0/33"], /trustProxy\[0\] must be an address or a network/],
    [["10.0.0.0/"], /trustProxy\[0\] must be an address or a network/],
    [["proxy.example"], /trustProxy\[0\] must be an address or a network/],
  ])("is not found by trust in %j", (trust, expected) => {
    expect(() => createClientAddress(trust as TrustProxy, "trustProxy")).toThrow(expected);
  });

  it.each([
    ["192.0.2.1", "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8:1:2::7", "2001:db8:1:2::/64"],
    ["2001:0DB8:0001:2::", "2001:db8:1:2::/64"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ])("%s is counted as %s", (address, network) => {
    expect(clientNetwork(address)).toBe(network);
  });
});
