import { getIntrospectionQuery } from "graphql";
import { describe, expect, it } from "vitest";
import { answerOf, type GraphqlRequest, startGraphql } from "../support/graphql.js";
import { consulAddress, until } from "../support/services.js";

/** `{ f { f { f … } } }` */
function nested(field: string, inner: string, times: number, last: string): string {
  return `{ ${field} { ${`${inner} { `.repeat(times)}${last}${" }".repeat(times)} } }`;
}

/** Each fragment spreads the next one twice: as long as a line, and as large as 2^times. */
function doubling(times: number): string {
  const fragments = Array.from(
    { length: times },
    (_, n) => `fragment F${n} on Query { ...F${n + 1} ...F${n + 1} }`,
  ).join("\n");
  return `{ ...F0 } ${fragments} fragment F${times} on Query { __typename }`;
}

describe.skipIf(!consulAddress)("attacks on GraphQL at the gateway", () => {
  it("are refused before anything is called", async () => {
    const { askFor, field, seen } = await startGraphql();
    const find = field("findBook");
    const many = (count: number) => Array.from({ length: count }, (_, n) => `a${n}: ${find}(id: "1") { id }`).join(" ");
    const rows: [string, string, string, GraphqlRequest?][] = [
      ["deep fields", nested(field("topShelf"), "shelves", 20, "name"), "fields may be 10 deep; here they are 22"],
      ["many aliases", `{ ${many(31)} }`, "an operation may have 30 aliases"],
      ["a dear operation", `{ ${`...on Query { ${find}(id: "1") { id } } `.repeat(100)} }`, "may cost 1000"],
      ["fragments that double", doubling(60), "an operation may cost 1000"],
      ["a fragment in itself", "{ ...F } fragment F on Query { ...F }", 'Cannot spread fragment "F" within itself'],
      ["fragments in a ring", "{ ...F } fragment F on Query { ...G } fragment G on Query { ...F }", "within itself"],
      ["a long document", `{ ${"__typename ".repeat(3_000)} }`, "2000 tokens"],
      ["many directives", `{ __typename ${"@skip(if: false) ".repeat(400)} }`, "2000 tokens"],
      ["many operations", `${Array.from({ length: 500 }, (_, n) => `query Q${n} { __typename }`).join(" ")}`, "2000"],
      ["asking for the schema", getIntrospectionQuery(), "introspection"],
      ["asking for a type", `{ __type(name: "Query") { name } }`, "introspection"],
      ["a guess of a name", `{ ${find}s(id: "1") { id } }`, "Cannot query field"],
      ["a subscription", "subscription { __typename }", ""],
      ["no document", "{", "Syntax Error"],
      ["an unknown operation", "query A { __typename }", "operation", { operationName: "B" }],
      ["a wrong variable", `query A($id: String!) { ${find}(id: $id) { id } }`, "$id", { variables: { id: { a: 1 } } }],
    ];
    for (const [what, query, message, more] of rows) {
      const { status, data, errors = [] } = await askFor(query, more);
      expect([what, status, data]).toEqual([what, 200, undefined]);
      expect([what, errors[0]?.message]).toEqual([what, expect.stringContaining(message)]);
      expect(errors[0]?.extensions).toMatchObject({
        code: "invalid_argument",
        reason: "bad_query",
        http: { status: 400 },
      });
      expect(JSON.stringify(errors)).not.toMatch(/Did you mean|\.ts:|node_modules/);
    }
    expect(seen).toEqual([]);
  });

  it("by requests that pages of other sites could send, or that are none, are refused as requests", async () => {
    const { gateway, field } = await startGraphql({ http: { maxBodyBytes: 10_000 } });
    const url = `${gateway.addresses.http}/graphql`;
    const query = "{ __typename }";
    const json = { "content-type": "application/json" };
    const body = JSON.stringify({ query });
    const asked = (text: string) => `${url}?query=${encodeURIComponent(text)}`;
    const deep = `{"query":"{ __typename }","variables":{"a":${"[".repeat(500)}${"]".repeat(500)}}}`;
    const rows: [string, string, RequestInit, number, string?][] = [
      ["JSON", url, { method: "POST", headers: json, body }, 200],
      ["a link", asked(query), {}, 200],
      ["a link of a page of ours", asked(query), { headers: { "sec-fetch-site": "same-origin" } }, 200],
      ["a link of another page", asked(query), { headers: { "sec-fetch-site": "cross-site" } }, 403, "cross_site"],
      ["another page's script", asked(query), { headers: { origin: "https://elsewhere.example" } }, 403, "cross_site"],
      [
        "a link that changes",
        asked(`mutation { ${field("addBook")}(title: "Emma") { id } }`),
        {},
        405,
        "method_not_allowed",
      ],
      ["plain text", url, { method: "POST", body }, 415, "unsupported_media_type"],
      ["a form", url, { method: "POST", body: new URLSearchParams({ query }) }, 415, "unsupported_media_type"],
      [
        "another charset",
        url,
        { method: "POST", headers: { "content-type": "application/json; charset=utf-16" }, body },
        415,
        "unsupported_media_type",
      ],
      ["a page wanted", asked(query), { headers: { accept: "text/html" } }, 415, "unsupported_media_type"],
      ["a list of operations", url, { method: "POST", headers: json, body: `[${body},${body}]` }, 400],
      ["no query", url, { method: "POST", headers: json, body: "{}" }, 400],
      ["nothing", url, { method: "POST", headers: json }, 400],
      ["half of JSON", url, { method: "POST", headers: json, body: body.slice(0, -3) }, 400, "bad_body"],
      [
        "a prototype",
        url,
        { method: "POST", headers: json, body: `{"query":"{ __typename }","variables":{"__proto__":{}}}` },
        400,
        "bad_body",
      ],
      ["deep JSON", url, { method: "POST", headers: json, body: deep }, 400, "bad_body"],
      [
        "a large body",
        url,
        { method: "POST", headers: json, body: JSON.stringify({ query: "x".repeat(20_000) }) },
        413,
        "body_too_large",
      ],
      ["variables of a link that are none", `${asked(query)}&variables=%7B`, {}, 400],
      ["another method", url, { method: "PUT", headers: json, body }, 405, "method_not_allowed"],
    ];
    for (const [what, to, request, status, reason] of rows) {
      const answer = await answerOf(await fetch(to, request));
      expect([what, answer.status, answer.reason]).toEqual([what, status, reason]);
      expect(JSON.stringify(answer)).not.toMatch(/node_modules|\.ts:|SyntaxError/);
    }
  });

  it("by many calls in one operation get as many as the options say", async () => {
    const { askFor, field, seen } = await startGraphql({ graphql: { maxCalls: 3 } });
    const calls = ["1", "2", "3", "4", "5"].map((id) => `a${id}: ${field("findBook")}(id: "${id}") { id }`);
    const { data, errors = [] } = await askFor(`{ ${calls.join(" ")} }`);
    expect(data).toMatchObject({ a1: { id: "1" }, a5: null });
    expect(errors.filter(({ extensions }) => extensions.reason === "too_many_calls")).toHaveLength(2);
    expect(seen).toHaveLength(3);
  });

  it("by slow actions end with the operation's deadline, and the rest of the answer is given", async () => {
    const { askFor, field, seen, aborted } = await startGraphql({ graphql: { timeoutMs: 300 } });
    const { data, errors } = await askFor(`{ ${field("hang")} { id } __typename }`);
    expect(data).toEqual({ [field("hang")]: null, __typename: "Query" });
    expect(errors?.[0]?.extensions).toMatchObject({ code: "deadline_exceeded", http: { status: 504 } });
    await until(() => aborted() === seen.length, "the action hears that nobody waits");
  });

  it("by clients that hang up leave nothing running", async () => {
    const { askFor, field, seen, aborted } = await startGraphql();
    const client = new AbortController();
    const asking = askFor(`{ ${field("hang")} { id } }`, { signal: client.signal }).catch(() => undefined);
    await until(() => seen.length === 1, "the action runs");
    client.abort();
    await asking;
    await until(() => aborted() === 1, "the action hears that nobody waits");
  });
});
