// Requests for the operations of an OpenAPI document: right ones, and odd ones.
import { createMutator, oddKeys, oddTexts } from "./mutations.mjs";
import { createSchemaValues } from "./schema-values.mjs";

const boundary = "----fuzz";
const oddSegments = [
  "",
  ".",
  "..",
  "%2e%2e%2f",
  "%00",
  "%",
  "%zz",
  "%c0%af",
  "..%5c",
  "a%20b",
  "%F0%9F%A6%8A",
  "-0",
  "1e9",
];
const oddHeaders = [
  ["accept-version", ["9", "^1", ">", "latest", "1.0.0 || *", "x".repeat(200)]],
  ["x-api-key", ["a.b.c", "__proto__.a.b", "x".repeat(3_000)]],
  ["authorization", ["Bearer", "Bearer a.b.c", "Bearer eyJhbGciOiJub25lIn0.e30.", "ApiKey x", "Basic eDp5", "\u00e9"]],
  ["cookie", ["session=a.b.c", "session", "=;;=", "session=%", `session=${"x".repeat(3_000)}`]],
  ["x-forwarded-for", ["1.2.3.4", "x", "::1, ::ffff:1.2.3.4"]],
  ["x-request-id", ["ok", "a b", "\u00e9", "x".repeat(300)]],
  ["traceparent", ["00-", "00-00000000000000000000000000000000-0000000000000000-00", "\u00e9"]],
  ["if-none-match", ["*", '"', "W/", '"a", W/"b"']],
  ["if-match", ["*", "", '"']],
  ["if-range", ["x", '"x"']],
  ["range", ["bytes=0-", "bytes=-1", "bytes=9-1", "bytes=a", "lines=1-2"]],
  ["origin", ["null", "http://", "https://evil.example"]],
  ["accept-encoding", ["br", "gzip;q=0", "*", ";;;"]],
  [
    "content-type",
    ["application/json", "text/plain", "application/json; charset=x", "multipart/form-data", "/", "a/b/c"],
  ],
  ["content-encoding", ["gzip", "br", "deflate", "x"]],
  ["content-digest", ["sha-256=:AAAA:", "sha-256=", "md5=:x:"]],
  ["expect", ["100-continue", "x"]],
  ["transfer-encoding", ["identity", "chunked, chunked", "x"]],
  ["connection", ["upgrade", "close", "te, x"]],
  ["upgrade", ["websocket", "h2c"]],
];

/**
 * @param {object} document OpenAPI, as the gateway gives it
 * @returns {(random: any) => { right(): Request, odd(): Request }}
 * @typedef {{ id: string, statuses: string[], method: string, path: string, headers: Record<string, string>, body: Buffer | undefined }} Request
 */
export function createRequests(document) {
  const resolve = (reference) =>
    reference
      .slice(2)
      .split("/")
      .reduce((at, key) => at[key.replaceAll("~1", "/")], document);
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );

  return (random) => {
    const { below, chance, pick } = random;
    const { oddValue, broken } = createMutator(random);
    const values = createSchemaValues(random, resolve, oddValue);
    const parametersIn = ({ parameters }, place) =>
      parameters.map((each) => (each.$ref ? resolve(each.$ref) : each)).filter((each) => each.in === place);

    function pathOf({ path, operation }, segmentOf) {
      return parametersIn(operation, "path").reduce(
        (text, { name, schema }) => text.replace(`{${name}}`, segmentOf(schema)),
        path,
      );
    }

    function queryOf({ operation }) {
      const pairs = parametersIn(operation, "query")
        .filter(({ required }) => required || chance(0.5))
        .flatMap(({ name, schema }) => [values.right(schema)].flat().map((value) => [name, String(value)]));
      return pairs.length > 0 ? `?${new URLSearchParams(pairs)}` : "";
    }

    function oddQuery() {
      const odd = () => encodeURIComponent(pick([...oddTexts.filter((text) => text !== "\ud800"), ...oddKeys]));
      return `?${Array.from({ length: 1 + below(4) }, () => `${odd()}${pick(["=", "[]=", "[a]=", ""])}${odd()}`).join("&")}`;
    }

    function bodyOf({ operation }, jsonOf) {
      const content = operation.requestBody?.content ?? {};
      if (content["application/json"])
        return { type: "application/json", body: Buffer.from(jsonOf(content["application/json"].schema)) };
      if (content["multipart/form-data"]) return { type: `multipart/form-data; boundary=${boundary}`, body: form() };
      return operation.requestBody ? { type: "application/octet-stream", body: Buffer.alloc(below(2_000), 7) } : {};
    }

    function form() {
      const file = `content-disposition: form-data; name="file"; filename="../a.txt"\r\ncontent-type: text/plain\r\n\r\n`;
      const field = `content-disposition: form-data; name="${pick(["note", "__proto__", "a[b]"])}"\r\n\r\nx\r\n`;
      return Buffer.from(
        `--${boundary}\r\n${file}${"y".repeat(below(1_000))}\r\n--${boundary}\r\n${field}--${boundary}--\r\n`,
      );
    }

    function request(operation, path, { type, body }) {
      const { method } = operation;
      const headers = { ...(type && { "content-type": type }) };
      const { operationId: id, responses } = operation.operation;
      return { id, statuses: Object.keys(responses), method, path, headers, body };
    }

    return {
      right() {
        const one = pick(operations);
        const path = pathOf(one, (schema) => encodeURIComponent(values.right(schema)));
        return request(
          one,
          path + queryOf(one),
          bodyOf(one, (schema) => JSON.stringify(values.right(schema))),
        );
      },
      odd() {
        const one = pick(operations);
        const segment = (schema) => (chance(0.5) ? pick(oddSegments) : encodeURIComponent(values.right(schema)));
        const path = pathOf(one, segment) + (chance(0.5) ? oddQuery() : queryOf(one));
        const made = request(one, path, bodyOf(one, values.odd));
        for (let more = below(3); more > 0; more--) {
          const [name, texts] = pick(oddHeaders);
          made.headers[name] = pick(texts);
        }
        if (made.body && chance(0.2)) made.body = broken(made.body, made.body);
        if (chance(0.05)) made.method = pick(["HEAD", "OPTIONS", "PATCH", "DELETE", "TRACE", "GET", "POST"]);
        return made;
      },
    };
  };
}
