import { createHash } from "node:crypto";
import type { ActionDescription, EventDescription } from "../contracts/index.js";
import type { Message } from "../core/index.js";
import type { PublishedRoute } from "../web/index.js";

/** What a service says of itself when asked with `describeMessage`. */
export interface ServiceDescription {
  readonly target: string;
  readonly version: string;
  readonly routes: readonly PublishedRoute[];
  /** The patterns that peers may call. */
  readonly patterns: readonly Message[];
  /** What its contracts say of their actions. */
  readonly actions: readonly ActionDescription[];
  readonly events: readonly EventDescription[];
}

/** Equal for equal descriptions, so that one instance can answer for all that are alike. */
export function digestOf(description: ServiceDescription): string {
  return createHash("sha256").update(JSON.stringify(description)).digest("hex").slice(0, 16);
}
