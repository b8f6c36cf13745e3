import { badOption } from "../../core/index.js";
import type { Exchange } from "../exchange.js";
import { varyBy } from "../vary-by.js";
import type { EdgeStep } from "./edge-step.js";

/** Which pages of other origins may use the gateway from a browser. */
export interface CorsOptions {
  /** Such as `https://shop.example`; `*` stands for all, and can't be had together with `credentials`. */
  origins: readonly string[];
  /** Whether cookies and `Authorization` may come along. @default false */
  credentials?: boolean;
  /** What a page may send. @default GET, HEAD, POST, PUT, PATCH, DELETE */
  methods?: readonly string[];
  /** Which headers a page may send. @default those that its preflight asks for */
  allowHeaders?: readonly string[];
  /** Which headers of an answer a page may read. @default ["x-request-id", "etag", "retry-after"] */
  exposeHeaders?: readonly string[];
  /** How long a browser may remember a preflight's answer, in seconds. @default 600 */
  maxAgeSeconds?: number;
}

const varyByOrigin = varyBy("origin");
const varyByAsked = varyBy("access-control-request-headers");
const usualMethods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
const usualExposed = ["x-request-id", "etag", "retry-after"];

/**
 * Answers browsers that ask whether a page of another origin may use us (the Fetch standard, "CORS protocol").
 * @throws VastifyError `invalid_argument`, reason `bad_option`
 */
export function cors(options: CorsOptions): EdgeStep {
  const { origins, credentials = false, methods = usualMethods, allowHeaders, maxAgeSeconds = 600 } = options;
  const exposed = (options.exposeHeaders ?? usualExposed).join(", ");
  const isOpen = expectOrigins(origins).includes("*");
  if (isOpen && credentials)
    throw badOption("cors.origins", "*", "a list of origins, since with credentials every page could act for its user");
  const allowed = new Set(origins);

  function answerPreflight(ctx: Exchange): void {
    ctx.set({ "access-control-allow-methods": methods.join(", "), "access-control-max-age": String(maxAgeSeconds) });
    const headers = allowHeaders?.join(", ") ?? ctx.get("access-control-request-headers");
    if (headers !== "") ctx.set("access-control-allow-headers", headers);
    if (!allowHeaders) varyByAsked(ctx);
    ctx.status = 204;
  }

  return {
    begin(ctx) {
      // An answer that says who may read it must not be given to another from a cache.
      if (!isOpen) varyByOrigin(ctx);
      const origin = ctx.get("origin");
      const isPreflight = ctx.method === "OPTIONS" && ctx.get("access-control-request-method") !== "";
      if (origin !== "" && (isOpen || allowed.has(origin))) {
        ctx.set("access-control-allow-origin", isOpen ? "*" : origin);
        if (credentials) ctx.set("access-control-allow-credentials", "true");
        if (isPreflight) answerPreflight(ctx);
        else ctx.set("access-control-expose-headers", exposed);
      } else if (isPreflight) {
        // Without the headers that it waits for, the browser refuses by itself.
        ctx.status = 204;
      }
      return isPreflight ? "answered" : "go on";
    },
  };
}

function expectOrigins(origins: unknown): readonly string[] {
  if (!Array.isArray(origins) || origins.length === 0) throw badOption("cors.origins", origins, "a list of origins");
  for (const origin of origins)
    if (!isOrigin(origin)) throw badOption("cors.origins", origin, 'like "https://a.example"');
  return origins;
}

function isOrigin(text: unknown): boolean {
  if (text === "*") return true;
  return typeof text === "string" && URL.canParse(text) && new URL(text).origin === text;
}
