import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type ActionDeclaration, defineAction, defineContract, describeContract } from "../../contracts/index.js";
import type { ServedRoute } from "../gateway-routes.js";
import { openApiDocument } from "./openapi-document.js";

// biome-ignore lint/suspicious/noExplicitAny: a test walks through a document
type Document = any;

function documentOf(routes: readonly ServedRoute[]): Document {
  return openApiDocument({ title: "gateway", version: "1.0.0", routes });
}

/** The route of a public action. */
function typed(name: string, declaration: ActionDeclaration): ServedRoute {
  const action = defineAction({ access: "public", ...declaration } as ActionDeclaration);
  const contract = defineContract({ target: "library", version: "1.2.0", actions: { [name]: action } });
  const [described] = describeContract(contract).actions;
  if (!described?.rest) throw new Error("the action has no route");
  const { method, path, status, upload } = described.rest;
  const { pattern: message, access } = described;
  return {
    target: "library",
    version: "1.2.0",
    method,
    path,
    status,
    message,
    access,
    action: name,
    described,
    upload,
  };
}

function untyped(method: string, path: string): ServedRoute {
  return { target: "classic", version: "1.0.0", method, path, message: { module: "user" } };
}

const node = z.object({
  name: z.string(),
  get children() {
    return z.array(node);
  },
});

const findBook = typed("findBook", {
  summary: "Finds one book",
  rest: { method: "GET", path: "/books/:id" },
  input: z.object({ id: z.int(), depth: z.int().default(1), tags: z.array(z.string()).optional() }),
  output: z.object({ title: z.string() }),
});
const editBook = typed("editBook", {
  rest: { method: "PUT", path: "/books/:book" },
  input: z.object({ book: z.int(), title: z.string(), tree: node.optional() }),
  output: node,
  deprecated: "use patchBook",
});
const addBook = typed("addBook", {
  rest: { method: "POST", path: "/books", status: 201 },
  input: node,
  output: z.object({ id: z.string() }),
});
const dropBook = typed("dropBook", {
  access: { level: "public", scopes: ["books:write"] },
  rest: { method: "DELETE", path: "/books/:id" },
  input: z.object({ id: z.int() }),
});
const addCover = typed("addCover", {
  rest: { method: "POST", path: "/books/:id/cover", upload: { kind: "multipart" } },
  input: z.object({ id: z.int(), side: z.enum(["front", "back"]) }),
});
const putText = typed("putText", {
  rest: { method: "PUT", path: "/text", upload: { kind: "raw", types: ["text/*"] } },
});
const uploads = [addCover, putText];
const talk = typed("talk", {
  rest: { method: "GET", path: "/talk/:room" },
  input: z.object({ room: z.string() }),
  socket: { receives: z.object({ say: z.string() }), sends: "bytes", maxBytes: 1_000 },
});
const all = [
  findBook,
  editBook,
  addBook,
  dropBook,
  ...uploads,
  talk,
  untyped("GET", "/user/:id"),
  untyped("PATCH", "/user/:name"),
];

describe("the OpenAPI document", () => {
  // The validator takes long to get ready on a busy machine.
  it("is valid OpenAPI 3.1, with and without routes", { timeout: 60_000 }, async () => {
    const validator = new Validator();
    for (const routes of [all, []]) {
      const { valid, errors } = await validator.validate(documentOf(routes));
      expect(errors ?? []).toEqual([]);
      expect([valid, validator.version]).toEqual([true, "3.1"]);
    }
  });

  it("tells path parameters and query apart, by the input's own schemas", () => {
    const { parameters, summary } = documentOf([findBook]).paths["/books/{id}"].get;
    expect(summary).toBe("Finds one book");
    expect(parameters).toMatchObject([
      { name: "id", in: "path", required: true, schema: { type: "integer" } },
      { name: "depth", in: "query", required: false, schema: { type: "integer", default: 1 } },
      { name: "tags", in: "query", required: false, schema: { type: "array", items: { type: "string" } } },
      { $ref: "#/components/parameters/AcceptVersion" },
    ]);
  });

  it("says what a WebSocket carries where programs find it, and that it can't be tried", () => {
    const { responses, description, ...operation } = documentOf([talk]).paths["/talk/{room}"].get;
    expect(Object.keys(responses)).toEqual(["101", "426", "default"]);
    expect(description).toBe(
      "A WebSocket: it takes JSON texts and sends bytes, each at most 1000 bytes. It can't be tried from this page.",
    );
    expect(operation["x-vastify-socket"]).toMatchObject({
      receives: { kind: "json", schema: { $ref: expect.stringMatching(/talk\.receives$/) } },
      sends: { kind: "bytes" },
      maxBytes: 1_000,
    });
  });

  it("puts into the body what is not in the path", () => {
    const { paths, components } = documentOf([editBook, addBook]);
    const { schema } = paths["/books/{book}"].put.requestBody.content["application/json"];
    expect(schema).toMatchObject({ type: "object", required: ["title"] });
    expect(Object.keys(schema.properties)).toEqual(["title", "tree"]);
    const whole = paths["/books"].post.requestBody.content["application/json"].schema;
    expect(whole).toEqual({ $ref: "#/components/schemas/library.addBook.input" });
    expect(components.schemas["library.addBook.input"].properties.name).toEqual({ type: "string" });
  });

  it("says how to show who one is, and where nobody needs to", async () => {
    const security = {
      schemes: { apiKey: { type: "apiKey", in: "header", name: "x-api-key" } },
      isOpen: ({ access }: ServedRoute) => access?.scopes.length === 0,
    };
    const document: Document = openApiDocument({ title: "gateway", version: "1.0.0", routes: all, security });
    const { get, delete: drop } = document.paths["/books/{id}"];
    expect([get.security, drop.security]).toEqual([[], [{ apiKey: ["books:write"] }]]);
    expect(document.components.securitySchemes).toEqual(security.schemes);
    expect((await new Validator().validate(document)).errors ?? []).toEqual([]);
  });

  it("says what an upload's body is, and puts its fields into path and query", () => {
    const { paths } = documentOf(uploads);
    const { parameters, requestBody } = paths["/books/{id}/cover"].post;
    expect(parameters).toMatchObject([{ name: "id", in: "path" }, { name: "side", in: "query", required: true }, {}]);
    expect(Object.keys(requestBody.content)).toEqual(["multipart/form-data"]);
    expect(Object.keys(paths["/text"].put.requestBody.content)).toEqual(["text/*"]);
  });

  it("keeps every reference within the document", () => {
    const document = documentOf(all);
    const references = JSON.stringify(document).match(/"\$ref":"[^"]*"/g) ?? [];
    expect(references.length).toBeGreaterThan(5);
    for (const reference of references) {
      const [, pointer = ""] = /"#\/(.*)"$/.exec(reference) ?? [];
      const found = pointer.split("/").reduce((at, key) => at?.[key], document);
      expect(found, reference).toBeDefined();
    }
  });

  it("cuts off references to anywhere else", () => {
    const described = {
      ...findBook.described,
      input: { type: "object", properties: { id: { $ref: "http://evil/" } } },
    };
    const text = JSON.stringify(documentOf([{ ...findBook, described } as ServedRoute]));
    expect(text).not.toContain("evil");
  });

  it("says the status of an answer, what is deprecated, and who may ask", () => {
    const { paths } = documentOf(all);
    expect(Object.keys(paths["/books"].post.responses)).toEqual(["201", "default"]);
    expect(paths["/books/{id}"].delete.responses["204"]).toEqual({ description: expect.any(String) });
    expect(paths["/books/{id}"].delete["x-vastify-access"]).toMatchObject({ scopes: ["books:write"] });
    expect(paths["/books/{id}"].put).toMatchObject({ deprecated: true, description: "Deprecated: use patchBook" });
  });

  it("says no status that a module's route leaves to its action", () => {
    const { paths } = documentOf([
      { ...addBook, status: undefined },
      { ...dropBook, status: undefined },
    ]);
    expect(Object.keys(paths["/books"].post.responses)).toEqual(["2XX", "default"]);
    expect(Object.keys(paths["/books/{id}"].delete.responses)).toEqual(["204", "default"]);
  });

  it("marks a route without a contract as untyped, and takes any body for it", () => {
    const { get, patch } = documentOf(all).paths["/user/{id}"];
    expect(get).toMatchObject({ "x-vastify-typed": false, parameters: [{ name: "id", in: "path" }, {}] });
    expect(patch.requestBody.content).toEqual({ "application/json": { schema: { type: ["object", "array"] } } });
  });

  it("gives paths that differ only in their parameters' names one entry, and operations names of their own", () => {
    const { paths } = documentOf(all);
    expect(Object.keys(paths)).toEqual([
      "/books/{id}",
      "/books",
      "/books/{id}/cover",
      "/text",
      "/talk/{room}",
      "/user/{id}",
    ]);
    expect(paths["/books/{id}"].put.parameters[0]).toMatchObject({ name: "id", schema: { type: "integer" } });
    const operations = Object.values<Record<string, { operationId: string }>>(paths).flatMap(Object.values);
    const ids = (operations as { operationId: string }[]).map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
