import { badOption } from "../../core/index.js";
import { type CompressionOptions, compression } from "./compression.js";
import { type CorsOptions, cors } from "./cors.js";
import { composeSteps, type Edge, type EdgeStep } from "./edge-step.js";
import { type SecurityHeaders, securityHeaders } from "./security-headers.js";

/** What the gateway does for browsers and other clients, whatever the route. */
export interface EdgeOptions {
  /** Which pages of other origins may use it. @default none */
  cors?: CorsOptions | false;
  /** Whether answers are compressed for clients that ask for it. @default true */
  compression?: CompressionOptions | boolean;
  /** What answers tell browsers; each header can be replaced or left out. @default what OWASP advises for APIs */
  securityHeaders?: SecurityHeaders | false;
}

const known: readonly string[] = ["cors", "compression", "securityHeaders"];

/**
 * What stands in front of everything that is served, the outermost first.
 * @throws VastifyError `invalid_argument`, reason `bad_option`, naming the option
 */
export function createEdge(options: EdgeOptions = {}): Edge {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) throw badOption(`edge's option ${unknown}`, "unknown", `one of ${known.join(", ")}`);
  const { cors: corsOptions = false, compression: compressing = true, securityHeaders: headers = {} } = options;
  const steps: EdgeStep[] = [];
  if (headers !== false) steps.push(securityHeaders(headers));
  if (corsOptions !== false) steps.push(cors(corsOptions));
  if (compressing !== false) steps.push(compression(compressing === true ? {} : compressing));
  return composeSteps(steps);
}
