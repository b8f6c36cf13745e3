import { badOption, type Check, fields, type Logger, list, text } from "../../core/index.js";
import type { GuardStep } from "../route-guard.js";
import type { OfferedRoute } from "../route-versions.js";
import { apiKeyCredentials } from "./api-key-credentials.js";
import { authGuard } from "./auth-guard.js";
import type { ConsumerDocument } from "./consumer.js";
import { createConsumerStore } from "./consumer-store.js";
import type { Credentials, SecuritySchemes } from "./credentials.js";
import { openRoutes } from "./open-routes.js";
import { tokenCredentials } from "./token-credentials.js";
import { resolveTokenOptions, type TokenOptions } from "./token-options.js";

/** Who may use the gateway. With it every route is closed that nobody has opened. */
export interface AuthOptions {
  /** API keys, of the consumers given here and of those in Consul's KV at `vastify/consumers/<name>`. @default none count */
  keys?: ApiKeyOptions;
  /** JWTs. @default none count */
  tokens?: TokenOptions;
  /** Routes without a contract that are open to everybody: `GET /user/:id`, `GET /user/*`, `* /status`. @default [] */
  open?: readonly string[];
}

export interface ApiKeyOptions {
  /** By name. A document in Consul's KV stands for the whole consumer of its name. @default {} */
  consumers?: Readonly<Record<string, ConsumerDocument>>;
  /** A secret that hashes of keys are made with, so that whoever can write hashes still can't make keys. @default none */
  pepper?: string;
}

export interface Auth {
  readonly guard: GuardStep;
  /** What would do, as OpenAPI's security schemes. */
  readonly schemes: SecuritySchemes;
  /** Whether everybody may use a route. */
  isOpen(route: OfferedRoute): boolean;
}

export interface AuthSurroundings {
  /** What operators wrote of a consumer, live. */
  consumerDocument(name: string): unknown;
  log: Logger;
  /** In milliseconds since 1970. @default Date.now */
  now?: () => number;
}

const object: Check<object> = (value, where) => {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw badOption(where, value, "an object");
};

const knownAuth = fields<AuthOptions>({
  keys: fields<ApiKeyOptions>({ consumers: object as Check<NonNullable<ApiKeyOptions["consumers"]>>, pepper: text }),
  tokens: object as Check<TokenOptions>,
  open: list(text),
});

/** @throws VastifyError `invalid_argument`, reason `bad_option`, naming the option */
export function createAuth(options: AuthOptions, { consumerDocument, log, now = Date.now }: AuthSurroundings): Auth {
  const { keys, tokens, open = [] } = knownAuth(options, "auth");
  if (!keys && !tokens) throw badOption("auth", "neither", "what counts: keys, tokens or both");
  const credentials: Credentials[] = [];
  if (keys) {
    const store = createConsumerStore({ consumers: keys.consumers ?? {}, document: consumerDocument, log });
    credentials.push(apiKeyCredentials({ store, pepper: keys.pepper, now }));
  }
  if (tokens) credentials.push(tokenCredentials({ tokens: resolveTokenOptions(tokens, "auth.tokens"), now, log }));
  const isOpen = openRoutes(open, "auth.open");
  const schemes = Object.assign({}, ...credentials.map((one) => one.schemes)) as SecuritySchemes;
  return { guard: authGuard({ credentials, isOpen }), schemes, isOpen };
}
