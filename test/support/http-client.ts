import { expect } from "vitest";

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed body; undefined when there is none. */
  // biome-ignore lint/suspicious/noExplicitAny: tests say what they expect of it
  readonly body: any;
}

export interface RequestOptions {
  /** An object is sent as JSON, a string as it is. */
  body?: unknown;
  /** @default application/json when there is a body */
  type?: string;
  headers?: Readonly<Record<string, string>>;
}

/** Sends a request, and holds every answer to the rule that no secret and no stack leaves a service. */
export async function send(url: string, method = "GET", { body, type, headers }: RequestOptions = {}): Promise<Reply> {
  const response = await fetch(url, {
    method,
    signal: AbortSignal.timeout(20_000),
    headers: { ...(body !== undefined && { "content-type": type ?? "application/json" }), ...headers },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  expect(text).not.toMatch(/scrypt|passwordHash/);
  expect(text).not.toMatch(/\n\s+at |node_modules/);
  return { status: response.status, headers: response.headers, text, body: text === "" ? undefined : JSON.parse(text) };
}
