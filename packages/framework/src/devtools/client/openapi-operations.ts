import { VastifyError } from "../../core/index.js";

export type Json = Readonly<Record<string, unknown>>;

/** An operation of an OpenAPI document, as far as a client needs it. */
export interface Operation {
  /** The service that it belongs to. */
  readonly group: string;
  readonly name: string;
  readonly method: string;
  /** With `{name}` for a parameter. */
  readonly path: string;
  readonly summary: string | undefined;
  readonly deprecated: boolean;
  readonly parameters: readonly Parameter[];
  /** JSON that the input's other fields make up, anything that the caller gives, or nothing. */
  readonly body: { readonly kind: "json"; readonly schema: unknown } | { readonly kind: "any" } | undefined;
  /** Of a good answer; undefined when there is none. */
  readonly output: { readonly schema: unknown } | undefined;
}

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query";
  readonly required: boolean;
  readonly schema: unknown;
}

const methods: readonly string[] = ["get", "post", "put", "patch", "delete"];

/**
 * Reads the operations of an OpenAPI document, of whatever origin; what is none is left out.
 * @param from where it comes from, for the error
 * @throws VastifyError `invalid_argument`, reason `bad_contract`, for what is no document
 */
export function readOperations(document: unknown, from: string): Operation[] {
  const { openapi, paths } = objectOf(document);
  if (typeof openapi !== "string" || !openapi.startsWith("3.") || !isObject(paths))
    throw new VastifyError("invalid_argument", `${from} is no OpenAPI 3 document`, { reason: "bad_contract" });
  return Object.entries(paths).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const operation = objectOf(item)[method];
      return isObject(operation) && !isSocket(operation)
        ? [readOperation(objectOf(document), path, method, operation)]
        : [];
    }),
  );
}

/** One that switches protocols is no request with an answer. */
function isSocket({ responses }: Json): boolean {
  return "101" in objectOf(responses);
}

function readOperation(document: Json, path: string, method: string, operation: Json): Operation {
  const { operationId, tags, summary, deprecated, parameters } = operation;
  const group = Array.isArray(tags) && typeof tags[0] === "string" ? tags[0] : "api";
  const id = typeof operationId === "string" ? operationId : `${method}${path}`;
  return {
    group,
    name: id.startsWith(`${group}.`) ? id.slice(group.length + 1) : id,
    method: method.toUpperCase(),
    path,
    summary: typeof summary === "string" ? summary : undefined,
    deprecated: deprecated === true,
    parameters: (Array.isArray(parameters) ? parameters : []).flatMap((each) => readParameter(document, each)),
    body: readBody(objectOf(operation.requestBody)),
    output: readOutput(objectOf(operation.responses)),
  };
}

function readParameter(document: Json, given: unknown): Parameter[] {
  const { name, in: place, required, schema } = objectOf(resolved(document, given));
  if (typeof name !== "string" || (place !== "path" && place !== "query")) return [];
  return [{ name, in: place, required: required === true || place === "path", schema }];
}

function readBody({ content }: Json): Operation["body"] {
  if (!isObject(content)) return undefined;
  const json = content["application/json"];
  return json === undefined ? { kind: "any" } : { kind: "json", schema: objectOf(json).schema };
}

function readOutput(responses: Json): Operation["output"] {
  const [status, answer] = Object.entries(responses).find(([key]) => key.startsWith("2")) ?? [];
  const content = objectOf(objectOf(answer).content)["application/json"];
  if (content !== undefined) return { schema: objectOf(content).schema };
  return status === "204" ? undefined : { schema: undefined };
}

/** What a `$ref` within the document refers to, or what was given itself. */
export function resolved(document: Json, given: unknown): unknown {
  const { $ref } = objectOf(given);
  if (typeof $ref !== "string" || !$ref.startsWith("#/")) return given;
  const keys = $ref.slice(2).split("/");
  const unescaped = keys.map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
  return unescaped.reduce<unknown>(
    (at, key) => (isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined),
    document,
  );
}

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function objectOf(value: unknown): Json {
  return isObject(value) ? value : {};
}
