import type { EdgeStep } from "./edge-step.js";

/** What every answer tells browsers, by header. A value replaces the usual one, false leaves it out. */
export type SecurityHeaders = Readonly<Record<string, string | false>>;

/**
 * What OWASP advises for APIs: no sniffing of types, no frames, no referrers; over HTTPS, nothing but HTTPS from now on.
 */
const usual: SecurityHeaders = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "strict-transport-security": "max-age=31536000; includeSubDomains",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
};

/** Pages need their scripts and styles; one that says its own policy keeps it. */
const policyOfPages = "base-uri 'self'; object-src 'none'; frame-ancestors 'none'";

/** Sets headers that the answer does not set itself. */
export function securityHeaders(given: SecurityHeaders = {}): EdgeStep {
  const byName: Record<string, string | false> = { ...usual };
  for (const [name, value] of Object.entries(given)) byName[name.toLowerCase()] = value;
  const { "content-security-policy": policy = false, "strict-transport-security": https = false, ...always } = byName;
  const headers = Object.entries(always).filter((entry): entry is [string, string] => !!entry[1]);
  const isOwnPolicy = given["content-security-policy"] !== undefined;

  return {
    begin(ctx) {
      for (const [name, value] of headers) ctx.set(name, value);
      if (https !== false && ctx.secure) ctx.set("strict-transport-security", https);
      return "go on";
    },
    seal(ctx) {
      if (policy === false || ctx.response.get("content-security-policy")) return;
      const isPage = String(ctx.response.get("content-type")).startsWith("text/html");
      ctx.set("content-security-policy", isPage && !isOwnPolicy ? policyOfPages : policy);
    },
  };
}
