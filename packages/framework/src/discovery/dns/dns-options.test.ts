import { expect, it } from "vitest";
import { type DnsOptions, resolveDnsOptions } from "./dns-options.js";

it("names of SRV records tell the ports themselves", () => {
  expect(resolveDnsOptions({ name: "_http._tcp.{target}.shop.svc.cluster.local" })).toEqual({
    ...{ name: "_http._tcp.{target}.shop.svc.cluster.local", port: undefined, servers: undefined },
    ...{ targets: [], refreshMs: 5_000 },
  });
});

it("other names need a port", () => {
  expect(resolveDnsOptions({ name: "{target}.shop", port: 8080 }).port).toBe(8080);
});

it.each<[DnsOptions, RegExp]>([
  [{ name: "shop.svc.cluster.local" }, /dns\.name must be .*\{target\}/],
  [{ name: "{target}.{target}", port: 1 }, /dns\.name/],
  [{ name: "{target} .shop", port: 1 }, /dns\.name/],
  [{ name: `{target}.${"x".repeat(64)}`, port: 1 }, /dns\.name/],
  [{ name: "{target}.shop" }, /dns\.port/],
  [{ name: "{target}.shop", port: 80, servers: [] }, /dns\.servers must be a list/],
  [{ name: "{target}.shop", port: 80, servers: "10.0.0.1" as never }, /dns\.servers must be a list/],
  [{ name: "_http._tcp.{target}.shop", port: 80 }, /dns\.port must be left out/],
  [{ name: "{target}.shop", port: 80, targets: ["a/b"] }, /dns\.targets\[0\]/],
  [{ name: "{target}.shop", port: 80, refreshMs: 10 }, /dns\.refreshMs/],
  [{ name: "{target}.shop", port: 80, servers: ["dns.example"] }, /dns\.servers/],
  [{ name: "{target}.shop", port: 80, servers: ["10.0.0.1:0"] }, /port in dns\.servers/],
  [{ name: "{target}.shop", port: 80, ttl: 1 } as DnsOptions, /dns\.ttl must be one of/],
])("refuses %j", (options, message) => {
  expect(() => resolveDnsOptions(options)).toThrow(message);
});

it.each(["10.0.0.1", "10.0.0.1:5353", "::1", "[::1]:5353"])("takes a server at %s", (server) => {
  expect(resolveDnsOptions({ name: "{target}.shop", port: 80, servers: [server] }).servers).toEqual([server]);
});
