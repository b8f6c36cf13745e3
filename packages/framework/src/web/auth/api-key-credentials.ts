import { isDigestOf, readApiKey } from "./api-key.js";
import type { ConsumerStore } from "./consumer-store.js";
import { authorizationOf, badCredentials, type Credentials } from "./credentials.js";

export interface ApiKeyCredentialsOptions {
  store: ConsumerStore;
  pepper: string | undefined;
  /** In milliseconds since 1970. */
  now(): number;
}

/** API keys in `x-api-key` or `Authorization: ApiKey …`. What is wrong with a bad one stays between us. */
export function apiKeyCredentials({ store, pepper, now }: ApiKeyCredentialsOptions): Credentials {
  return {
    challenge: "ApiKey",
    schemes: { apiKey: { type: "apiKey", in: "header", name: "x-api-key" } },
    identify(ctx) {
      const given = ctx.get("x-api-key") || authorizationOf(ctx, "ApiKey");
      if (given === undefined) return undefined;
      const shown = readApiKey(given);
      if (!shown) throw badKey();
      const consumer = store.find(shown.consumer);
      const key = consumer?.keys.get(shown.id);
      if (!isDigestOf(shown.text, key?.digest, pepper) || !consumer || !key || key.expiresAt <= now()) throw badKey();
      const { name, scopes, roles } = consumer;
      return { kind: "key", subject: `${name}.${shown.id}`, consumer: name, scopes, roles };
    },
  };
}

function badKey(): Error {
  return badCredentials("the API key is none of those that count here");
}
