import type { JsonSchema } from "../../contracts/index.js";
import { errorCodes } from "../../core/index.js";
import type { ServedRoute } from "../gateway-routes.js";
import { problemType } from "../problem.js";
import { operationOf } from "./operation.js";
import { pathTemplates } from "./path-template.js";
import { type KeepSchema, placeSchema } from "./place-schema.js";

export interface OpenApiOptions {
  readonly title: string;
  readonly version: string;
  readonly routes: readonly ServedRoute[];
  readonly security?: OpenApiSecurity | undefined;
}

/** Who may use the routes. */
export interface OpenApiSecurity {
  /** By name; any of them will do. */
  readonly schemes: Readonly<Record<string, Json>>;
  isOpen(route: ServedRoute): boolean;
}

type Json = Readonly<Record<string, unknown>>;

/** Routes as an OpenAPI 3.1 document. */
export function openApiDocument({ title, version, routes, security }: OpenApiOptions): Json {
  const schemas: Record<string, JsonSchema> = { Problem: problemSchema };
  const paths: Record<string, Record<string, Json>> = {};
  const templateOf = pathTemplates();

  const keep: KeepSchema = (name, schema) => {
    const key = name.replaceAll(/[^\w.-]+/g, "_");
    const pointer = `#/components/schemas/${key}`;
    schemas[key] ??= placeSchema(schema, pointer);
    return { $ref: pointer };
  };

  const operationIds = new Set<string>();
  for (const route of routes) {
    const path = templateOf(route.path);
    const operation = operationOf(route, path, keep);
    // An action may have more than one route.
    const id = unused(String(operation.operationId), operationIds);
    const whole = { ...operation, operationId: id, ...(security && { security: securityOf(route, security) }) };
    paths[path.template] = { ...paths[path.template], [route.method.toLowerCase()]: whole };
  }

  return {
    openapi: "3.1.1",
    info: { title, version },
    tags: [...new Set(routes.map(({ target }) => target))].sort().map((name) => ({ name })),
    paths,
    components: {
      schemas,
      ...(security && { securitySchemes: security.schemes }),
      parameters: { AcceptVersion: acceptVersion },
      responses: {
        Problem: {
          description: "What went wrong (RFC 9457)",
          content: { [problemType]: { schema: { $ref: "#/components/schemas/Problem" } } },
        },
      },
    },
  };
}

/** Any scheme with all scopes; of the roles one is enough, which OpenAPI can't say (`x-vastify-access` does). */
function securityOf(route: ServedRoute, { schemes, isOpen }: OpenApiSecurity): readonly Json[] {
  if (isOpen(route)) return [];
  const scopes = route.access?.scopes ?? [];
  return Object.keys(schemes).map((name) => ({ [name]: scopes }));
}

function unused(id: string, taken: Set<string>): string {
  let free = id;
  for (let number = 2; taken.has(free); number++) free = `${id}_${number}`;
  taken.add(free);
  return free;
}

const acceptVersion = {
  name: "accept-version",
  in: "header",
  description: "Which versions of the service may answer: one, or a range such as ^1.2",
  schema: { type: "string" },
};

const text = (description: string) => ({ type: "string", description });

const problemSchema = {
  type: "object",
  description: "An error as RFC 9457 problem details",
  required: ["type", "title", "status", "detail", "code", "tx"],
  properties: {
    type: { type: "string" },
    title: { type: "string" },
    status: { type: "integer" },
    detail: text("For people"),
    code: { enum: errorCodes, description: "For machines" },
    reason: text("Why, more narrowly than the code"),
    details: {
      type: "object",
      properties: {
        issues: {
          type: "array",
          description: "What is wrong with the input, and where",
          items: {
            type: "object",
            required: ["path", "message"],
            properties: { path: { type: "string" }, message: { type: "string" } },
          },
        },
      },
    },
    result: { type: "integer", description: "The shared result code that fits" },
    tx: text("The trace id, by which the services' logs tell more"),
  },
};
