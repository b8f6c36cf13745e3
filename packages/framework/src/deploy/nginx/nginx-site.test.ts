import { describe, expect, it } from "vitest";
import { defineSystem, type EdgeDeclaration } from "../system.js";
import { nginxSite } from "./nginx-site.js";

function siteOf(edge: Partial<EdgeDeclaration>, endpoints = [{ host: "10.0.0.1", port: 3000 }]): string {
  const services = { gateway: { entry: "main.js", version: "1.0.0", httpPort: 3000 } };
  const system = defineSystem({ name: "my-shop", services, edge: { service: "gateway", ...edge } });
  if (!system.edge) throw new Error("there is no edge");
  return nginxSite(system.name, system.edge, endpoints);
}

describe("nginx's site", () => {
  it("lists the living instances, in whatever order they come", () => {
    const [a, b] = [
      { host: "10.0.0.2", port: 3000 },
      { host: "fd00::1", port: 3001 },
    ];
    expect(siteOf({}, [a, b])).toContain("server 10.0.0.2:3000 max_fails=1");
    expect(siteOf({}, [a, b])).toContain("server [fd00::1]:3001 max_fails=1");
    expect(siteOf({}, [b, a])).toBe(siteOf({}, [a, b]));
  });

  it("serves plain HTTP when there is no certificate", () => {
    const site = siteOf({ httpPort: 8080, ipv6: true });
    expect(site.match(/^server \{/gm)).toHaveLength(1);
    expect(site).toMatch(/listen 8080;\n {2}listen \[::\]:8080;\n {2}server_name _;/);
    expect(site).not.toContain("ssl");
  });

  it("serves HTTPS and HTTP/2, and sends plain HTTP there, when there is one", () => {
    const tls = { certificate: "/etc/ssl/shop.pem", key: "/etc/ssl/shop.key" };
    const site = siteOf({ serverNames: ["shop.example", "*.shop.example"], tls });
    expect(site).toContain("return 308 https://$host$request_uri;");
    expect(site).toContain("listen 443 ssl http2;");
    expect(site).toContain("ssl_certificate_key /etc/ssl/shop.key;");
    expect(site.match(/server_name shop\.example \*\.shop\.example;/g)).toHaveLength(2);
  });

  it("replaces what a client claims of its own address", () => {
    expect(siteOf({})).toContain("proxy_set_header X-Forwarded-For $remote_addr;");
  });
});
