import { request } from "node:http";
import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineAction, defineContract, implement } from "../../src/index.js";
import type { Service } from "../support/framework.js";
import { consulAddress, startGateway, startService, uniqueName, until } from "../support/services.js";

/** A service whose versions differ by what they know of a book. */
function books(name: string, version: string, field: string) {
  const output = z.object({ [field]: z.string() });
  const contract = defineContract({
    target: name,
    version,
    actions: {
      findBook: defineAction({
        access: "public",
        rest: { method: "GET", path: `/${name}/:id` },
        input: z.object({ id: z.string() }),
        output,
      }),
    },
  });
  return startService({ name, version, contracts: [implement(contract, { findBook: () => ({ [field]: "x" }) })] });
}

const gatewayOf = () => startGateway({ name: uniqueName("gateway") });

async function get(gateway: Service, path: string) {
  const response = await fetch(`${gateway.addresses.http}${path}`);
  return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) };
}

/** Not by `fetch`, which asks for a fresh answer when it is given a condition. */
function statusOf(url: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(url, { headers }, (response) => resolve(response.resume().statusCode))
      .once("error", reject)
      .end();
  });
}

/** What the document says a book is. */
async function fieldsOf(gateway: Service, name: string, query = ""): Promise<string[] | undefined> {
  const { body } = await get(gateway, `/openapi.json${query}`);
  const schema = body.components.schemas[`${name}.findBook.output`];
  return schema && Object.keys(schema.properties);
}

describe.skipIf(!consulAddress)("/openapi.json of the gateway", () => {
  it("is valid and says what is routed now: routes come, change and leave with their services", async () => {
    const name = uniqueName("books");
    const gateway = await gatewayOf();
    const first = await books(name, "1.0.0", "title");
    await until(() => fieldsOf(gateway, name), "the service is described");
    expect(await fieldsOf(gateway, name)).toEqual(["title"]);
    const { valid } = await new Validator().validate((await get(gateway, "/openapi.json")).body);
    expect(valid).toBe(true);

    await books(name, "2.0.0", "name");
    await until(async () => (await fieldsOf(gateway, name))?.includes("name"), "the newer version is described");
    await first.stop();
    await until(async () => (await fieldsOf(gateway, name, `?version=1.x`)) === undefined, "the older one is gone");
  });

  it("shows one service alone, and what a request for a version is served by", async () => {
    const name = uniqueName("books");
    const gateway = await gatewayOf();
    await books(name, "1.0.0", "title");
    await books(name, "2.0.0", "name");
    await until(
      async () => (await fieldsOf(gateway, name, "?version=2.x")) && fieldsOf(gateway, name, "?version=1.x"),
      "both are described",
    );
    expect(await fieldsOf(gateway, name, `?version=1.x&target=${name}`)).toEqual(["title"]);
    expect(await fieldsOf(gateway, name, `?target=${name}`)).toEqual(["name"]);
    const { body } = await get(gateway, `/openapi.json?target=${name}`);
    expect(Object.keys(body.paths)).toEqual([`/${name}/{id}`]);
    expect(await get(gateway, "/openapi.json?version=one")).toMatchObject({
      status: 400,
      body: { reason: "bad_version" },
    });
  });

  it("is sent again only when it has changed", async () => {
    const gateway = await gatewayOf();
    const path = "/openapi.json?target=nobody";
    const { headers } = await get(gateway, path);
    expect(await statusOf(`${gateway.addresses.http}${path}`, { "if-none-match": headers.get("etag") ?? "" })).toBe(
      304,
    );
    expect(await statusOf(`${gateway.addresses.http}${path}`, { "if-none-match": '"another"' })).toBe(200);
  });
});

describe.skipIf(!consulAddress)("/docs of the gateway", () => {
  it("comes from our own origin, under a policy that allows no other", async () => {
    const gateway = await gatewayOf();
    const page = await fetch(`${gateway.addresses.http}/docs`);
    expect(page.headers.get("content-security-policy")).toMatch(/default-src 'none'; script-src 'self'/);
    expect(page.headers.get("x-content-type-options")).toBe("nosniff");
    const html = await page.text();
    const links = [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, link = ""]) => link);
    expect(links.length).toBeGreaterThan(2);
    for (const link of links) {
      const file = await fetch(new URL(link, `${gateway.addresses.http}/docs`));
      expect([link, file.status]).toEqual([link, 200]);
      expect(file.url).toContain(gateway.addresses.http);
      await file.arrayBuffer();
    }
  });

  it.each(["/docs/package.json", "/docs/../package.json", "/docs/%2e%2e/package.json", "/docs/index.html"])(
    "gives no other file: %s",
    async (path) => {
      const gateway = await gatewayOf();
      expect((await fetch(`${gateway.addresses.http}${path}`)).status).toBe(404);
    },
  );

  it("is not there for a gateway that is told to describe nothing", async () => {
    const gateway = await startGateway({ name: uniqueName("gateway"), docs: false } as never);
    for (const path of ["/docs", "/openapi.json"]) expect((await get(gateway, path)).status).toBe(404);
  });
});
