import { badOption } from "../core/index.js";
import type {
  AccessRules,
  ActionDeclaration,
  CacheRules,
  ContractAction,
  Pattern,
  ResolvedRestRoute,
  RestRoute,
} from "./action.js";
import { expectTags } from "./cache-tags.js";
import { expectLinks } from "./expect-links.js";
import { isSchema, noInput, noOutput, type Schema } from "./schema.js";
import { resolveSocket } from "./sockets/socket-rules.js";
import { resolveUpload } from "./upload-rules.js";

const levels: readonly unknown[] = ["private", "internal", "public"];
const methods: readonly unknown[] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
const pathShape = /^(\/|(\/(:[A-Za-z_]\w*|[\w.~-]+))+)$/;

/**
 * Completes an action's declaration.
 * @param where its name in errors
 * @throws VastifyError `invalid_argument`, reason `bad_option`
 */
export function resolveAction(where: string, name: string, declaration: ActionDeclaration): ContractAction {
  const { pattern = { action: name }, input = noInput, output = noOutput, rest, timeoutMs, cache } = declaration;
  const access = expectAccess(`${where}.access`, declaration.access ?? "internal");
  if (rest && access.level !== "public")
    throw badOption(`${where}.access`, access.level, "public, since it has a route");
  const { socket } = declaration;
  if (socket) expectSocketRoute(where, declaration);
  if (timeoutMs !== undefined) expectPositive(`${where}.timeoutMs`, timeoutMs);
  const idempotent = declaration.idempotent ?? rest?.method === "GET";
  if (cache !== undefined && (!idempotent || output === noOutput))
    throw badOption(
      `${where}.cache`,
      "an action that changes something or gives nothing",
      "of an idempotent action with an output",
    );
  return {
    name,
    summary: declaration.summary,
    pattern: expectPattern(`${where}.pattern`, pattern),
    input: expectSchema(`${where}.input`, input),
    output: expectSchema(`${where}.output`, output),
    access,
    rest: rest && expectRest(`${where}.rest`, rest, output === noOutput),
    socket: socket && resolveSocket(`${where}.socket`, socket),
    idempotent,
    timeoutMs,
    cache: cache && expectCache(`${where}.cache`, cache),
    forgets: declaration.forgets && expectTags(`${where}.forgets`, declaration.forgets),
    links: declaration.links && expectLinks(`${where}.links`, declaration.links),
    batches: declaration.batches,
    deprecated: declaration.deprecated,
  };
}

/** A WebSocket begins as a GET request, and everything that it gives is its messages. */
function expectSocketRoute(where: string, { rest, output, forgets }: ActionDeclaration): void {
  if (rest?.method !== "GET") throw badOption(`${where}.socket`, rest?.method ?? "no route", "with a GET route");
  if (rest.status !== undefined) throw badOption(`${where}.rest.status`, rest.status, "left out: a socket has none");
  for (const [name, value] of Object.entries({ output, forgets }))
    if (value !== undefined) throw badOption(`${where}.${name}`, value, "left out: its messages are all it gives");
}

function expectAccess(where: string, access: AccessRules["level"] | AccessRules): Required<AccessRules> {
  const { level, roles = [], scopes = [] } = typeof access === "string" ? { level: access } : access;
  if (!levels.includes(level)) throw badOption(where, level, "private, internal or public");
  return { level, roles, scopes };
}

function expectPattern(where: string, pattern: Pattern): Pattern {
  const keys = Object.keys(pattern);
  // Directives steer Seneca, and `$$target` chooses the service before a pattern is looked at.
  const isPlain = keys.length > 0 && keys.every((key) => !key.includes("$") && isPlainValue(pattern[key]));
  if (isPlain) return pattern;
  throw badOption(where, JSON.stringify(pattern), "keys without $ and plain values, at least one");
}

function isPlainValue(value: unknown): boolean {
  return (typeof value === "string" && value !== "" && !/[*?]/.test(value)) || /^(number|boolean)$/.test(typeof value);
}

function expectSchema(where: string, schema: Schema): Schema {
  if (isSchema(schema)) return schema;
  throw badOption(where, schema, "a schema of a library that speaks Standard Schema");
}

function expectRest(where: string, rest: RestRoute, isEmpty: boolean): ResolvedRestRoute {
  const { method, path, status = isEmpty ? 204 : 200, upload } = rest;
  if (!methods.includes(method)) throw badOption(`${where}.method`, method, `one of ${methods.join(", ")}`);
  if (typeof path !== "string" || !pathShape.test(path)) throw badOption(`${where}.path`, path, 'such as "/user/:id"');
  if (!Number.isInteger(status) || status < 200 || status > 299)
    throw badOption(`${where}.status`, status, "a status from 200 to 299");
  if (!upload) return { method, path, status };
  if (method === "GET" || method === "DELETE") throw badOption(`${where}.upload`, method, "with POST, PUT or PATCH");
  return { method, path, status, upload: resolveUpload(`${where}.upload`, upload) };
}

function expectCache(where: string, { ttlMs, keys, tags }: CacheRules): CacheRules {
  expectPositive(`${where}.ttlMs`, ttlMs);
  if (keys !== undefined && !(Array.isArray(keys) && keys.every((key) => typeof key === "string" && key !== "")))
    throw badOption(`${where}.keys`, JSON.stringify(keys), "names of the input's fields");
  return { ttlMs, ...(keys && { keys }), ...(tags && { tags: expectTags(`${where}.tags`, tags) }) };
}

function expectPositive(where: string, value: unknown): void {
  if (typeof value !== "number" || !(value > 0)) throw badOption(where, value, "a number of milliseconds above 0");
}
