import type { ActionDescription, JsonSchema, UploadRules } from "../../contracts/index.js";
import type { ServedRoute } from "../gateway-routes.js";
import { type PathTemplate, parametersOf } from "./path-template.js";
import { type KeepSchema, placeSchema } from "./place-schema.js";
import { socketParts } from "./socket-parts.js";

type Json = Readonly<Record<string, unknown>>;

/** Where an operation's fields go that are not in its path. */
const withBody: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH"]);

/** One route as an OpenAPI operation; a route without a contract is marked as untyped. */
export function operationOf(route: ServedRoute, path: PathTemplate, keep: KeepSchema): Json {
  const { target, version, method, described, access } = route;
  const name = described?.name ?? `${method.toLowerCase()}${route.path}`;
  const roles = access && access.roles.length + access.scopes.length > 0 ? { "x-vastify-access": access } : {};
  const facts = {
    operationId: `${target}.${name}`.replaceAll(/[^\w.-]+/g, "_"),
    tags: [target],
    "x-vastify-target": target,
    "x-vastify-version": version,
    "x-vastify-typed": described !== undefined,
    ...roles,
  };
  const parts = described ? typedParts(route, described, path, keep) : untypedParts(route, path);
  const { parameters, ...others } = parts as { parameters: readonly Json[] };
  return { ...facts, ...others, parameters: [...parameters, { $ref: "#/components/parameters/AcceptVersion" }] };
}

function untypedParts({ method, upload }: ServedRoute, { names }: PathTemplate): Json {
  return {
    summary: "Untyped: its service does not say what it takes and gives",
    parameters: names.map((name) => pathParameter(name, { type: "string" })),
    ...(upload ? uploadBody(upload) : withBody.has(method) && { requestBody: anyBody }),
    responses: { "2XX": { description: "What the action gives" }, default: problem },
  };
}

function typedParts(route: ServedRoute, action: ActionDescription, path: PathTemplate, keep: KeepSchema): Json {
  const { target } = route;
  const { summary, deprecated, input } = action;
  const of = `${target}.${action.name}`;
  const socket = action.socket && socketParts(action.socket, of, keep);
  const description = [deprecated && `Deprecated: ${deprecated}`, socket?.description].filter(Boolean).join("\n\n");
  return {
    ...(summary !== undefined && { summary }),
    ...(deprecated !== undefined && { deprecated: true }),
    ...(description !== "" && { description }),
    ...inputParts(route, input, path, (schema) => keep(`${of}.input`, schema)),
    ...(socket
      ? { ...socket.parts, responses: { ...socketResponses, default: problem } }
      : answerParts(route, action, keep)),
  };
}

function answerParts({ target, method, status }: ServedRoute, action: ActionDescription, keep: KeepSchema): Json {
  const { output } = action;
  return {
    responses: {
      // A module's route says no status: the action may.
      [status ?? (isNothing(output) ? 204 : "2XX")]: {
        description: "What the action gives",
        ...(!isNothing(output) && {
          content: { "application/json": output ? { schema: keep(`${target}.${action.name}.output`, output) } : {} },
        }),
      },
      default: problem,
    },
    ...(method === "GET" && action.cache && { "x-vastify-cache": action.cache }),
  };
}

/** The fields of an input: those in the path, and the others in the query or in the body. */
function inputParts(
  { method, path, upload }: ServedRoute,
  input: JsonSchema | undefined,
  { names }: PathTemplate,
  keep: (schema: JsonSchema) => Json,
): Json {
  const fields = fieldsOf(input);
  const required = requiredOf(input);
  const inPath = parametersOf(path);
  const at = input && fields.size > 0 ? keep(input) : undefined;
  // One template serves several routes, so a parameter may be named otherwise than the field.
  const parameters = names.map((name, index) => pathParameter(name, fieldSchema(at, fields, inPath[index] ?? name)));
  const others = [...fields.keys()].filter((name) => !inPath.includes(name));
  if (!withBody.has(method) || upload) {
    const query = others.map((name) => ({
      name,
      in: "query",
      required: required.has(name),
      schema: fieldSchema(at, fields, name),
    }));
    return { parameters: [...parameters, ...query], ...(upload && uploadBody(upload)) };
  }
  if (input !== undefined && others.length === 0 && input.type === "object") return { parameters };
  const schema = inPath.length === 0 ? (at ?? (input && keep(input))) : bodySchema(at, fields, others, required);
  const content = schema === undefined ? {} : { schema };
  const isNeeded = others.some((name) => required.has(name));
  return { parameters, requestBody: { required: isNeeded, content: { "application/json": content } } };
}

/** A body that is the action's to read; the input's fields are not in it. */
function uploadBody({ kind, types }: Required<UploadRules>): Json {
  const raw = types.length > 0 ? types : ["*/*"];
  const content = kind === "multipart" ? { "multipart/form-data": { schema: { type: "object" } } } : undefined;
  return { requestBody: { required: true, content: content ?? Object.fromEntries(raw.map((type) => [type, {}])) } };
}

/** What of an input is left for the body. */
function bodySchema(
  at: Json | undefined,
  fields: ReadonlyMap<string, JsonSchema>,
  names: readonly string[],
  required: ReadonlySet<string>,
): Json {
  const wanted = names.filter((name) => required.has(name));
  return {
    type: "object",
    properties: Object.fromEntries(names.map((name) => [name, fieldSchema(at, fields, name)])),
    ...(wanted.length > 0 && { required: wanted }),
  };
}

/** A field's schema; what it refers to in its input is found where that is kept. */
function fieldSchema(at: Json | undefined, fields: ReadonlyMap<string, JsonSchema>, name: string): Json {
  const field = fields.get(name);
  return field ? placeSchema(field, String(at?.$ref ?? "#")) : { type: "string" };
}

function fieldsOf(schema: JsonSchema | undefined): ReadonlyMap<string, JsonSchema> {
  const { properties } = schema ?? {};
  const entries = typeof properties === "object" && properties !== null ? Object.entries(properties) : [];
  return new Map(entries.filter(([, field]) => typeof field === "object" && field !== null));
}

function requiredOf(schema: JsonSchema | undefined): ReadonlySet<string> {
  return new Set(Array.isArray(schema?.required) ? schema.required : []);
}

function isNothing(output: JsonSchema | undefined): boolean {
  return output?.type === "null";
}

function pathParameter(name: string, schema: Json): Json {
  return { name, in: "path", required: true, schema };
}

/** JSON is read when it is one of these. */
const anyBody = { content: { "application/json": { schema: { type: ["object", "array"] } } } };

const problem = { $ref: "#/components/responses/Problem" };

/** What asks for no WebSocket is told to. */
const socketResponses = { 101: { description: "The WebSocket is open" }, 426: problem };
