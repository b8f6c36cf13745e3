import { describe, expect, it } from "vitest";
import { createApiKey } from "../../src/index.js";
import { answerOf, ask, gatewayOf, startGraphql, startLibrary } from "../support/graphql.js";
import { consulAddress, until } from "../support/services.js";

describe.skipIf(!consulAddress)("GraphQL at the gateway", () => {
  it("answers queries and mutations by the actions of contracts, several in one request", async () => {
    const { askFor, field } = await startGraphql();
    const added = await askFor(
      `mutation Add($title: String!) { first: ${field("addBook")}(title: $title) { id title } ${field("addBook")}(title: "Persuasion") { id } }`,
      { variables: { title: "Sanditon" } },
    );
    expect(added).toMatchObject({
      status: 200,
      data: { first: { id: "2", title: "Sanditon" }, [field("addBook")]: { id: "3" } },
    });
    const found = await askFor(
      `{ a: ${field("findBook")}(id: "2") { title lentTo __typename } b: ${field("findBook")}(id: "1") { title } }`,
    );
    expect(found.errors).toBeUndefined();
    expect(found.data).toMatchObject({ a: { title: "Sanditon", lentTo: null }, b: { title: "Emma" } });
  });

  it("gives what there is beside what failed, and says of each failure what a route would say", async () => {
    const { askFor, field } = await startGraphql();
    const {
      status,
      data,
      errors = [],
    } = await askFor(
      `{ good: ${field("findBook")}(id: "1") { title } gone: ${field("findBook")}(id: "9") { title }
         ${field("fail")} { id } ${field("download")} ${field("whoAmI")} { subject } }`,
    );
    expect(status).toBe(200);
    expect(data).toEqual({
      ...{ good: { title: "Emma" }, gone: null },
      ...{ [field("fail")]: null, [field("download")]: null, [field("whoAmI")]: null },
    });
    const said = new Map(errors.map(({ path, extensions, message }) => [path?.join("."), { ...extensions, message }]));
    expect(said.get("gone")).toMatchObject({ code: "not_found", reason: "no_book", http: { status: 404 } });
    expect(said.get(field("fail"))).toMatchObject({ code: "internal", http: { status: 500 } });
    expect(said.get(field("download"))).toMatchObject({ code: "unimplemented", reason: "no_json" });
    expect(said.get(field("whoAmI"))).toMatchObject({ code: "unauthenticated", reason: "not_logged_in" });
    expect(JSON.stringify(errors)).not.toMatch(/swordfish|node_modules|\.ts:/);
    expect(said.get("gone")).toHaveProperty("tx");
  });

  it("refuses what the action's contract does not allow, with the issues", async () => {
    const { askFor, field } = await startGraphql();
    const { data, errors } = await askFor(`mutation { ${field("addBook")}(title: "x") { id } }`);
    expect(data).toEqual({ [field("addBook")]: null });
    expect(errors?.[0]?.extensions).toMatchObject({
      code: "invalid_argument",
      reason: "bad_input",
      details: { issues: [{ path: "title" }] },
    });
  });

  it("calls once for what is asked for twice, and again after something has changed", async () => {
    const { askFor, field, seen } = await startGraphql();
    await askFor(`{ a: ${field("findBook")}(id: "1") { title } b: ${field("findBook")}(id: "1") { id title } }`);
    expect(seen).toEqual(['findBook {"id":"1"}']);
  });

  it("asks of each action the credentials that its route would ask for, and tells the service whose they are", async () => {
    const reader = createApiKey({ consumer: "reader" });
    const librarian = createApiKey({ consumer: "librarian" });
    const kept = ({ id, hash }: { id: string; hash: string }) => ({ keys: [{ id, hash }] });
    const { askFor, field } = await startGraphql({
      auth: {
        keys: {
          consumers: {
            reader: { ...kept(reader), scopes: ["read"] },
            librarian: { ...kept(librarian), scopes: ["read"], roles: ["librarian"] },
          },
        },
      },
      peers: { identityKeys: ["what the gateway signs identities with"] },
    });
    const query = `mutation { ${field("dropBook")}(id: "7") }`;
    const reasonOf = async (text: string, key?: string) => {
      const { data, errors } = await askFor(text, { ...(key !== undefined && { headers: { "x-api-key": key } }) });
      return errors?.[0]?.extensions.reason ?? data;
    };
    expect(await reasonOf(query)).toBe("not_logged_in");
    expect(await reasonOf(query, "nobody.1.x")).toBe("bad_credentials");
    expect(await reasonOf(query, reader.text)).toBe("missing_access");
    expect(await reasonOf(query, librarian.text)).toEqual({ [field("dropBook")]: true });
    expect(await reasonOf(`{ ${field("findBook")}(id: "1") { title } }`)).toEqual({
      [field("findBook")]: { title: "Emma" },
    });
    const me = (await reasonOf(`{ ${field("whoAmI")} { subject } }`, reader.text)) as Record<string, unknown>;
    expect(me[field("whoAmI")]).toEqual({ subject: `reader.${reader.id}` });
  });

  it("counts each call like a request to the action's route", async () => {
    const { askFor, field } = await startGraphql({
      limits: { rates: [{ by: "ip", limit: 2, windowMs: 600_000, routes: ["GET /*"] }] },
    });
    const [a, b, c] = ["1", "2", "3"].map((id, index) => `f${index}: ${field("findBook")}(id: "${id}") { id }`);
    const { errors, headers } = await askFor(`{ ${a} ${b} ${c} }`);
    const refused = errors?.filter(({ extensions }) => extensions.reason === "rate_exceeded") ?? [];
    expect(refused).toHaveLength(1);
    expect(refused[0]?.extensions).toMatchObject({ http: { status: 429 } });
    expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
  });

  it("follows services that come, change and leave", async () => {
    const { service, target, field, askFor, gateway } = await startGraphql();
    const query = `{ ${field("findBook")}(id: "1") { title } }`;
    expect((await askFor(query)).errors).toBeUndefined();
    const newer = await startLibrary({ version: "2.0.0" });
    expect(newer.target).not.toBe(target);
    await until(
      async () => (await ask(gateway, `{ ${newer.field("findBook")}(id: "1") { title } }`)).data,
      "the newer library is in the schema",
    );
    const old = await ask(gateway, `{ ${newer.field("findBook")}(id: "1") { title } }`, {
      headers: { "accept-version": "1.x" },
    });
    expect(old.errors?.[0]?.message).toContain("Cannot query field");
    await service.stop();
    await until(
      async () => (await askFor(query)).errors?.[0]?.extensions.code === "unavailable",
      "the library that has left is said to be away",
    );
  });

  it("is not there unless it is wanted", async () => {
    const gateway = await gatewayOf({ graphql: false });
    expect(await ask(gateway, "{ __typename }")).toMatchObject({ status: 404, reason: "no_route" });
  });

  it("is served where the options say, with its schema when they allow it", async () => {
    const gateway = await gatewayOf({ graphql: { path: "/api/graph", introspection: true } });
    const url = `${gateway.addresses.http}/api/graph?query=${encodeURIComponent("{ __schema { queryType { name } } }")}`;
    expect(await answerOf(await fetch(url))).toMatchObject({ data: { __schema: { queryType: { name: "Query" } } } });
  });
});
