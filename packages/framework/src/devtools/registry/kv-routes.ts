import type { KvStore } from "./kv-store.js";
import { Refusal } from "./refusal.js";
import { type Answer, json, type RegistryRequest, type Route } from "./reply.js";
import { kvView } from "./views.js";

const missing: Answer = { status: 404, body: "" };

/** `/v1/kv`: keys and values, without sessions and locks. */
export function kvRoutes(kv: KvStore): readonly Route[] {
  return [
    {
      path: "/v1/kv/",
      GET: (request) => {
        const { rest: key, query } = request;
        if (query.has("keys")) {
          return { index: () => kv.indexUnder(key), answer: () => keysAnswer(kv, key, query.get("separator") ?? "") };
        }
        if (query.has("recurse")) {
          return { index: () => kv.indexUnder(key), answer: () => listOr404(kv.under(key).map(kvView)) };
        }
        expectKey(request);
        return { index: () => kv.indexOf(key), answer: () => valueAnswer(kv, key, query.has("raw")) };
      },
      PUT: (request) => {
        const { query, body } = request;
        expectKey(request);
        if (query.has("acquire") || query.has("release")) {
          throw new Refusal(400, "Sessions are not supported by the development registry");
        }
        const flags = readNumber(query, "flags") ?? 0;
        return json(kv.put(request.rest, body, { flags, cas: readNumber(query, "cas") }));
      },
      DELETE: (request) => {
        const { rest: key, query } = request;
        if (query.has("recurse")) {
          kv.removeUnder(key);
          return json(true);
        }
        expectKey(request);
        return json(kv.remove(key, readNumber(query, "cas")));
      },
    },
  ];
}

function valueAnswer(kv: KvStore, key: string, isRaw: boolean): Answer {
  const record = kv.get(key);
  if (!record) return missing;
  return isRaw ? { status: 200, type: "text/plain", body: record.value } : json([kvView(record)]);
}

function keysAnswer(kv: KvStore, prefix: string, separator: string): Answer {
  const keys = new Set<string>();
  for (const { key } of kv.under(prefix)) {
    const end = separator === "" ? -1 : key.indexOf(separator, prefix.length);
    keys.add(end < 0 ? key : key.slice(0, end + separator.length));
  }
  return prefix === "" ? json([...keys]) : listOr404([...keys]);
}

function listOr404(list: readonly unknown[]): Answer {
  return list.length === 0 ? missing : json(list);
}

function expectKey({ rest }: RegistryRequest): void {
  if (rest === "") throw new Refusal(400, "Missing key name");
}

function readNumber(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^\d+$/.test(text)) throw new Refusal(400, `${name} must be a number, got "${text}"`);
  return Number(text);
}
