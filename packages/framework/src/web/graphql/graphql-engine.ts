import {
  type DocumentNode,
  type GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  NoSchemaIntrospectionCustomRule,
  parse,
  specifiedRules,
  validate,
} from "graphql";
import { createHandler, type Response } from "graphql-http";
import type { Context } from "koa";
import { type Logger, VastifyError } from "../../core/index.js";
import type { RequestState } from "../request-life.js";
import type { ServedAction } from "./action-table.js";
import { buildSchema } from "./build-schema.js";
import { graphqlError } from "./graphql-error.js";
import type { ResolvedGraphqlOptions } from "./graphql-options.js";
import type { OperationCalls } from "./operation-calls.js";
import { operationLimits } from "./operation-limits.js";

export interface GraphqlEngineOptions {
  options: ResolvedGraphqlOptions;
  report(problem: string): void;
  log: Logger;
}

export interface GraphqlEngine {
  /**
   * Answers a request whose body has been read.
   * @param actions what the schema is made of, which is done once for the same list
   */
  answer(ctx: Context, actions: readonly ServedAction[], calls: OperationCalls): Promise<void>;
}

interface Schema {
  readonly schema: GraphQLSchema;
  /** By their texts: clients send the same ones over and over. */
  readonly documents: Map<string, DocumentNode>;
}

const mostDocuments = 200;
const longestKept = 5_000;

/** Everything that needs the package `graphql`, in one module that is loaded where GraphQL is wanted. */
export function createGraphqlEngine({ options, report, log }: GraphqlEngineOptions): GraphqlEngine {
  const { introspection, maxTokens } = options;
  const schemas = new WeakMap<readonly ServedAction[], Schema>();
  const limits = [operationLimits(options)];
  const rules = introspection ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule];

  function schemaOf(actions: readonly ServedAction[]): Schema {
    const known = schemas.get(actions);
    if (known) return known;
    const { schema, problems } = buildSchema(actions);
    for (const problem of problems) report(problem);
    const made = { schema, documents: new Map() };
    schemas.set(actions, made);
    return made;
  }

  /** @throws GraphQLError for a text that is no document */
  function documentOf({ schema, documents }: Schema, query: string): DocumentNode | readonly GraphQLError[] {
    const known = documents.get(query);
    if (known) return known;
    const document = parse(query, { maxTokens });
    const tooMuch = validate(schema, document, limits);
    if (tooMuch.length > 0) return tooMuch;
    const wrong = validate(schema, document, rules, { maxErrors: 20, hideSuggestions: !introspection });
    if (wrong.length > 0) return wrong;
    if (query.length <= longestKept && documents.size < mostDocuments) documents.set(query, document);
    return document;
  }

  return {
    async answer(ctx, actions, calls) {
      const { tx } = ctx.state as RequestState;
      const handle = createHandler({
        onSubscribe(_request, { query, operationName, variables }) {
          const prepared = schemaOf(actions);
          const { schema } = prepared;
          try {
            const document = documentOf(prepared, query);
            if (isErrors(document)) return document;
            expectMethod(ctx, document, operationName);
            const args = { operationName, variableValues: variables, hideSuggestions: !introspection };
            return { ...args, schema, document, contextValue: calls as unknown as Record<PropertyKey, unknown> };
          } catch (thrown) {
            if (VastifyError.is(thrown)) throw thrown;
            return [thrown as GraphQLError];
          }
        },
        formatError: (error) => graphqlError(error as Error, { tx, log }),
      });
      const { body = null } = ctx.request as { body?: Record<string, unknown> | null };
      const { method, url, headers } = ctx;
      send(ctx, await handle({ method, url, headers, body, raw: ctx.req, context: undefined }));
    },
  };
}

const spoken = "an operation is sent in UTF-8, and answered as application/json or application/graphql-response+json";

function isErrors(prepared: DocumentNode | readonly GraphQLError[]): prepared is readonly GraphQLError[] {
  return Array.isArray(prepared);
}

/** What a link leads to must not change anything. */
function expectMethod(ctx: Context, document: DocumentNode, operationName: string | null | undefined): void {
  if (ctx.method !== "GET" || getOperationAST(document, operationName)?.operation === "query") return;
  ctx.set("allow", "POST");
  throw new VastifyError("unimplemented", "GET is for queries alone", { reason: "method_not_allowed" });
}

/** @throws VastifyError `invalid_argument`, reason `unsupported_media_type`, where graphql-http has a bare status to say so */
function send(ctx: Context, [body, { status, headers = {} }]: Response): void {
  if (body === null) throw new VastifyError("invalid_argument", spoken, { reason: "unsupported_media_type" });
  ctx.body = body;
  ctx.status = status;
  ctx.set(headers);
}
