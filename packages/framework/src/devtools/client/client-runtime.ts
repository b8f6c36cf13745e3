/** What every generated client begins with. */
export const runtime = `
export interface ClientOptions {
  /** Where the gateway is, such as \`https://api.example\`. */
  readonly baseUrl: string;
  /** Sent with every request: an API key, a token. */
  readonly headers?: Readonly<Record<string, string>>;
  /** @default the platform's own */
  readonly fetch?: typeof globalThis.fetch;
}

export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** What the gateway refused or could not do: problem details (RFC 9457). */
export class ApiError extends Error {
  readonly status: number;
  /** What went wrong, of a closed list. */
  readonly code: string | undefined;
  /** Why, more narrowly. */
  readonly reason: string | undefined;
  readonly details: unknown;
  /** The trace id, by which the services' logs tell more. */
  readonly tx: string | undefined;

  constructor(status: number, problem: Readonly<Record<string, unknown>>) {
    const text = (name: string) => (typeof problem[name] === "string" ? problem[name] : undefined);
    super(text("detail") ?? text("title") ?? \`the answer was \${status}\`);
    this.name = "ApiError";
    this.status = status;
    this.code = text("code");
    this.reason = text("reason");
    this.details = problem.details;
    this.tx = text("tx");
  }
}

interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: readonly string[];
  readonly body: string;
}

function createSend({ baseUrl, headers = {}, fetch = globalThis.fetch }: ClientOptions) {
  return async ({ method, path, query, body }: Call, input: object, call: CallOptions = {}): Promise<unknown> => {
    const rest: Record<string, unknown> = { ...input };
    const take = (name: string) => {
      const value = rest[name];
      delete rest[name];
      return value;
    };
    const filled = path.replace(/\\{(\\w+)\\}/g, (_, name: string) => {
      const value = String(take(name) ?? "");
      // An address has no way to write these: the request would be for another path, and so for another operation.
      if (["", ".", ".."].includes(value)) throw new TypeError(\`\${name} is part of the path and can't be "\${value}"\`);
      return encodeURIComponent(value);
    });
    const url = new URL(baseUrl.replace(/\\/$/, "") + filled);
    for (const name of query)
      for (const value of [take(name)].flat()) if (value !== undefined) url.searchParams.append(name, String(value));
    const sent: RequestInit = { method, headers: { accept: "application/json", ...headers, ...call.headers } };
    if (body === "any") sent.body = rest.body as BodyInit;
    if (body === "json") {
      sent.body = JSON.stringify(rest);
      sent.headers = { "content-type": "application/json", ...sent.headers };
    }
    if (call.signal) sent.signal = call.signal;
    const response = await fetch(url, sent);
    const isJson = /[/+]json\\b/.test(response.headers.get("content-type") ?? "");
    if (!response.ok) throw new ApiError(response.status, isJson ? await response.json() : {});
    if (response.status === 204) return undefined;
    return isJson ? response.json() : response;
  };
}
`;
