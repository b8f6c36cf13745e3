import { badOption, type Check, fields, list, text } from "../../core/index.js";
import { readHash } from "./api-key.js";

/** A client of the gateway as operators write it, in options or in Consul's KV at `vastify/consumers/<name>`. */
export interface ConsumerDocument {
  /** Its API keys; one that is taken out counts no more. @default none: it is shut out */
  readonly keys?: readonly ApiKeyDocument[];
  /** @default none */
  readonly scopes?: readonly string[];
  /** @default none */
  readonly roles?: readonly string[];
}

/** What is kept of an API key: `createApiKey` says it. */
export interface ApiKeyDocument {
  readonly id: string;
  readonly hash: string;
  /** From when on it counts no more, such as `2027-01-31T00:00:00Z`. @default never */
  readonly expires?: string;
}

/** A consumer, checked. */
export interface Consumer {
  readonly name: string;
  readonly keys: ReadonlyMap<string, ConsumerKey>;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
}

export interface ConsumerKey {
  readonly digest: Buffer;
  /** In milliseconds since 1970. */
  readonly expiresAt: number;
}

const hash: Check<string> = (value, where) => {
  if (typeof value === "string" && readHash(value)) return value;
  throw badOption(where, typeof value, "what createApiKey gave as hash");
};

const moment: Check<string> = (value, where) => {
  if (typeof value === "string" && /^\d{4}-\d\d-\d\dT.*Z$/.test(value) && Number.isFinite(Date.parse(value)))
    return value;
  throw badOption(where, value, "a time such as 2027-01-31T00:00:00Z");
};

const document = fields<ConsumerDocument>({
  keys: list(fields<ApiKeyDocument>({ id: text, hash, expires: moment }) as Check<ApiKeyDocument>),
  scopes: list(text),
  roles: list(text),
});

/**
 * @param where names the document in errors
 * @throws VastifyError `invalid_argument`, reason `bad_option`
 */
export function readConsumer(name: string, value: unknown, where: string): Consumer {
  const { keys = [], scopes = [], roles = [] } = document(value, where);
  return {
    name,
    scopes,
    roles,
    keys: new Map(
      keys.map(({ id, hash, expires }, index) => {
        const digest = typeof hash === "string" ? readHash(hash) : undefined;
        if (!id || !digest) throw badOption(`${where}.keys[${index}]`, "less", "an id and a hash");
        return [id, { digest, expiresAt: expires === undefined ? Number.POSITIVE_INFINITY : Date.parse(expires) }];
      }),
    ),
  };
}
