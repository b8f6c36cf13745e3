import { badOption, type Check, fields, milliseconds, wholeNumber, yesOrNo } from "../../core/index.js";
import { isOwnPath } from "../own-paths.js";

/** GraphQL at the gateway, and how much one operation may ask for. */
export interface GraphqlOptions {
  /** Where it is served. @default "/graphql" */
  path?: string;
  /** Whether clients may ask for the schema itself, and are told of names like the one they misspelt. @default false */
  introspection?: boolean;
  /** How deep fields may stand in fields. @default 10 */
  maxDepth?: number;
  /** What an operation may cost: 1 for each field, 10 more for one that calls an action, fragments counted where they stand. @default 1_000 */
  maxCost?: number;
  /** How many fields may have another name than their own. @default 30 */
  maxAliases?: number;
  /** How many words and signs a document may hold. @default 2_000 */
  maxTokens?: number;
  /** How many calls to services one operation may make; equal ones, and those that go together, count once. @default 100 */
  maxCalls?: number;
  /** How long an operation may take, in milliseconds; what is not there by then is null with an error. @default 10_000 */
  timeoutMs?: number;
}

export type ResolvedGraphqlOptions = Readonly<Required<GraphqlOptions>>;

const path: Check<string> = (value, where) => {
  if (typeof value === "string" && /^(\/[\w.~-]+)+$/.test(value) && !isOwnPath(value)) return value;
  throw badOption(where, value, 'a path such as "/graphql", and none that the gateway has already');
};

const known = fields<GraphqlOptions>({
  path,
  introspection: yesOrNo,
  maxDepth: wholeNumber(1),
  maxCost: wholeNumber(1),
  maxAliases: wholeNumber(0),
  maxTokens: wholeNumber(1),
  maxCalls: wholeNumber(1),
  timeoutMs: milliseconds(1),
});

const usual: ResolvedGraphqlOptions = {
  path: "/graphql",
  introspection: false,
  maxDepth: 10,
  maxCost: 1_000,
  maxAliases: 30,
  maxTokens: 2_000,
  maxCalls: 100,
  timeoutMs: 10_000,
};

/**
 * @returns undefined for no GraphQL
 * @throws VastifyError `invalid_argument`, reason `bad_option`, naming the option
 */
export function resolveGraphqlOptions(
  given: GraphqlOptions | boolean | undefined,
  where: string,
): ResolvedGraphqlOptions | undefined {
  if (given === undefined || given === false) return undefined;
  return { ...usual, ...(given === true ? {} : known(given, where)) };
}
