import { request } from "node:http";
import { describe, expect, it } from "vitest";
import type { GatewayOptions } from "../../src/index.js";
import { ownPaths } from "../../src/web/own-paths.js";
import { consulAddress, startGateway, startService, uniqueName, until } from "../support/services.js";

type Headers = Readonly<Record<string, string>>;

/** What keeps browsers safe; the policy is looked at by itself, since pages need another one. */
const safety = [
  ...["x-content-type-options", "x-frame-options", "referrer-policy", "permissions-policy"],
  ...["cross-origin-opener-policy", "cross-origin-resource-policy"],
];

async function ask(url: string, method: string, headers: Headers): Promise<{ status: number; headers: Headers }> {
  return new Promise((resolve, reject) => {
    request(url, { method, headers, agent: false }, (response) => {
      response
        .resume()
        .on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers as Headers }));
    })
      .on("error", reject)
      .end();
  });
}

/** A gateway with everything that it can serve itself, and one route. */
async function startWhole(options: Pick<GatewayOptions, "edge">) {
  const name = uniqueName("shelf");
  await startService({
    name,
    modules: [
      {
        plugin: function shelf(this) {
          this.add("shelf:list", async () => ({ ok: true }));
        },
        routes: { prefix: `/${name}`, pin: "shelf:*", map: { list: { GET: true } } },
      },
    ],
  });
  const gateway = await startGateway({ name: uniqueName("gateway"), graphql: true, ...options });
  await until(() => gateway.routes.some(({ target }) => target === name), "the gateway serves the list");
  const { http = "" } = gateway.addresses;
  return {
    routed: `/${name}/list`,
    safetyOf: async (path: string, method = "GET", headers: Headers = {}) => {
      const answer = await ask(http + path, method, headers);
      const kept = Object.fromEntries(safety.map((header) => [header, answer.headers[header]]));
      return { status: answer.status, kept, policy: answer.headers["content-security-policy"] ?? "" };
    },
  };
}

const pageFiles = ["/docs/", "/docs/start.js", "/docs/swagger-ui.css", "/docs/swagger-ui-bundle.js"];
const elsewhere = ["/graphql", "/nowhere", "/docs/nowhere", "/health/nowhere"];

describe.skipIf(!consulAddress)("what a gateway answers itself", () => {
  it.each<[string, NonNullable<GatewayOptions["edge"]>]>([
    ["as usual", {}],
    [
      "as its operator says",
      {
        securityHeaders: {
          "x-frame-options": "SAMEORIGIN",
          "referrer-policy": false,
          "cross-origin-opener-policy": "unsafe-none",
          "permissions-policy": "camera=()",
        },
      },
    ],
  ])("keeps browsers as safe as what it routes, %s", async (_how, edge) => {
    const { routed, safetyOf } = await startWhole({ edge });
    const expected = await safetyOf(routed);
    expect(expected.status).toBe(200);
    for (const path of [...Object.values(ownPaths), ...pageFiles, ...elsewhere])
      for (const method of ["GET", "HEAD", "POST", "OPTIONS"]) {
        const { status, kept, policy } = await safetyOf(path, method);
        const isPage = status < 400 && path.startsWith(ownPaths.docs);
        expect({ path, method, kept }).toEqual({ path, method, kept: expected.kept });
        expect([path, method, policy]).toEqual([
          path,
          method,
          isPage ? expect.stringContaining("'self'") : expected.policy,
        ]);
      }
  });

  it.each([...Object.values(ownPaths), ...pageFiles])("refuse at %s methods that do more than read", async (path) => {
    const gateway = await startGateway({ name: uniqueName("gateway") });
    for (const method of ["POST", "DELETE"]) {
      const response = await fetch(gateway.addresses.http + path, { method });
      expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
      expect(await response.json()).toMatchObject({ reason: "method_not_allowed" });
    }
  });

  it("does so by Koa too", async () => {
    const { routed, safetyOf } = await startWhole({});
    const { kept, policy } = await safetyOf(routed);
    const byKoa = { connection: "upgrade", upgrade: "h2c" };
    for (const path of [ownPaths.health, ownPaths.alive])
      expect(await safetyOf(path, "GET", byKoa)).toEqual({ status: 200, kept, policy });
  });
});
