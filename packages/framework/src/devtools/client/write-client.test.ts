import { describe, expect, it } from "vitest";
import { createSchemaTypes } from "./schema-types.js";
import { writeClient } from "./write-client.js";

const typeOf = (schema: unknown, document = {}) => createSchemaTypes(document).typeOf(schema);

describe("the type of a schema", () => {
  it.each<[unknown, string]>([
    [{ type: "string" }, "string"],
    [{ type: "integer", minimum: 1 }, "number"],
    [{ type: ["string", "null"] }, "string | null"],
    [{ enum: ["a", 1, null] }, '"a" | 1 | null'],
    [{ const: "a" }, '"a"'],
    [{ type: "array", items: { anyOf: [{ type: "string" }, { type: "null" }] } }, "(string | null)[]"],
    [{ type: "array" }, "unknown[]"],
    [{ type: "array", prefixItems: [{ type: "string" }, { type: "number" }] }, "[string, number]"],
    [
      { type: "object", properties: { a: {}, "b-c": { type: "boolean" } }, required: ["a"] },
      '{ "a": unknown; "b-c"?: boolean }',
    ],
    [{ type: "object", additionalProperties: { type: "string" } }, "Record<string, string>"],
    [{ allOf: [{ type: "string" }, { enum: ["a"] }] }, '(string) & ("a")'],
    [{ $ref: "https://elsewhere.example/" }, "unknown"],
    [{ $ref: "#/nowhere" }, "unknown"],
    [{ type: "toString" }, "unknown"],
    [true, "unknown"],
    [null, "unknown"],
    [false, "never"],
  ])("%j is %s", (schema, type) => {
    expect(typeOf(schema)).toBe(type);
  });

  it("has a name where it is referred to, so that it may refer to itself", () => {
    const tree = {
      type: "object",
      properties: { children: { type: "array", items: { $ref: "#/components/schemas/a.tree" } } },
    };
    const types = createSchemaTypes({ components: { schemas: { "a.tree": tree, "a-tree": { type: "string" } } } });
    expect(types.typeOf({ $ref: "#/components/schemas/a.tree" })).toBe("ATree");
    expect(types.typeOf({ $ref: "#/components/schemas/a-tree" })).toBe("ATree2");
    expect(types.declarations()).toEqual([
      'export type ATree = { "children"?: ATree[] };',
      "export type ATree2 = string;",
    ]);
  });
});

describe("a written client", () => {
  it("takes nothing of the document for code", () => {
    const evil = `"); process.exit(1); ("\u2028*/ \`$\{process.exit(1)}\` '`;
    const schema = { type: "object", properties: { [evil]: { enum: [evil] } } };
    const operation = {
      ...{ operationId: evil, tags: [evil], summary: evil, deprecated: true },
      parameters: [{ name: evil, in: "query", schema }],
      requestBody: { content: { "application/json": { schema: { $ref: "#/components/schemas/x" } } } },
      responses: { "200": { content: { "application/json": { schema } } } },
    };
    const info = { title: `\n${evil}`, version: evil };
    const document = {
      openapi: "3.1.0",
      info,
      paths: { [`/${evil}`]: { post: operation } },
      components: { schemas: { x: schema } },
    };
    const text = writeClient(document, "evil.json");
    const withoutStrings = text
      .replaceAll(/"(?:[^"\\\n]|\\.)*"/g, '""')
      .replaceAll(/\/\*\*.*?\*\//gs, "")
      .replaceAll(/^\/\/.*$/gm, "");
    expect(withoutStrings).not.toContain("process");
  });

  it.each([null, [], "text", {}, { openapi: "2.0", paths: {} }, { openapi: "3.1.0" }])(
    "is not made of %j",
    (document) => {
      expect(() => writeClient(document, "a.json")).toThrow("a.json is no OpenAPI 3 document");
    },
  );

  it("leaves out what is no operation", () => {
    const socket = { get: { responses: { 101: { description: "The WebSocket is open" } } } };
    const paths = { "/a": null, "/b": { get: 7, parameters: [] }, "/c": { get: {} }, "/d": socket };
    const text = writeClient({ openapi: "3.1.0", paths }, "a.json");
    expect(text).toContain('"path":"/c"');
    expect(text).not.toMatch(/"path":"\/[bd]"/);
  });
});
