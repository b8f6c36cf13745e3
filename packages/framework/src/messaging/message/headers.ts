/** The headers that we give messages. */
export const headerNames = {
  traceparent: "traceparent",
  /** A trace id that is none of W3C's. */
  trace: "vastify-trace",
  /** How many times it was handled in vain. */
  failures: "vastify-failures",
  /** Not before, in milliseconds since 1970. */
  due: "vastify-due",
  /** Not begun later. */
  beginBy: "vastify-begin-by",
  /** Not finished later. */
  finishBy: "vastify-finish-by",
  /** Why it failed last. */
  errorCode: "vastify-error-code",
  errorReason: "vastify-error-reason",
  errorMessage: "vastify-error",
  parkedAt: "vastify-parked-at",
  /** What orders it among others. */
  key: "vastify-key",
  /** The routing key it was published with, once it has gone another way. */
  routingKey: "vastify-routing-key",
  /** Of an event. */
  version: "vastify-version",
  /** It may be handled twice without harm. */
  idempotent: "vastify-idempotent",
} as const;

export type HeaderValue = string | number | boolean;
export type Headers = Readonly<Record<string, HeaderValue>>;

// What the broker notes on its way through delays; sent on, it would make the broker see a circle.
const brokersOwn = /^x-(first|last)-death-/;

/** Those of most messages. */
export const noHeaders: Headers = Object.freeze({});

/** Plain headers of a message from outside: whatever else the broker or others put there is left out. */
export function plainHeaders(given: Readonly<Record<string, unknown>> | undefined): Headers {
  let headers: Record<string, HeaderValue> | undefined;
  for (const name in given) {
    const value = given[name];
    if (typeof value !== "string" && typeof value !== "boolean" && !Number.isFinite(value)) continue;
    if (brokersOwn.test(name)) continue;
    headers ??= {};
    headers[name] = value as HeaderValue;
  }
  return headers ?? noHeaders;
}

export function numberHeader(headers: Headers, name: string): number | undefined {
  const value = headers[name];
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

export function textHeader(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "string" ? value : undefined;
}
