import { z } from "zod";
import type { Message, RequestHeaders } from "../core/index.js";
import { type Balance, expectBalance } from "./balance.js";
import { plainText } from "./plain-text.js";
import { isVersionRange } from "./version.js";

/** Where a rule finds its value: a field of the message, or a header of the request that led to it. */
export type Source = { readonly field: string } | { readonly header: string };

/** When a canary is taken back by itself. */
export interface RollbackRule {
  /** A key of `weights`. */
  readonly canary: string;
  /** Worse when it fails this many times as often as the others. */
  readonly errorRateFactor: number;
  /** Worse when its 95th percentile is this many times the others'. */
  readonly p95Factor: number;
  /** Not judged before it and the others had so many calls within the window. */
  readonly minCalls: number;
  readonly windowMs: number;
}

/** What an operator wrote for a target under `vastify/routes/` in Consul's KV. */
export interface RouteRules {
  readonly balance?: Balance | undefined;
  /** How calls that don't ask for one exact version are shared out among versions or ranges. */
  readonly weights?: Readonly<Record<string, number>> | undefined;
  /** Calls with the same value here keep to one version. */
  readonly sticky?: Source | undefined;
  /** A tester's call names its version here. */
  readonly override?: Source | undefined;
  readonly rollback?: RollbackRule | undefined;
}

export const noRules: RouteRules = {};

const sourceShape = z.union([
  z.strictObject({ field: z.string().min(1) }),
  z.strictObject({ header: z.string().min(1).toLowerCase() }),
]);
const rulesShape = z
  .strictObject({
    balance: z.unknown().optional(),
    weights: z
      .record(z.string().refine(isVersionRange, "not a version or a range"), z.number().min(0).max(1_000_000))
      .optional(),
    sticky: sourceShape.optional(),
    override: sourceShape.optional(),
    rollback: z
      .strictObject({
        canary: z.string(),
        errorRateFactor: z.number().min(1).default(2),
        p95Factor: z.number().min(1).default(2),
        minCalls: z.number().int().min(1).default(100),
        windowMs: z.number().int().min(1_000).max(3_600_000).default(30_000),
      })
      .optional(),
    /** Left by the process that took the canary back; for people. */
    rolledBack: z.unknown().optional(),
  })
  .refine(({ weights }) => !weights || Object.values(weights).some((weight) => weight > 0), {
    path: ["weights"],
    message: "must have one above 0",
  })
  .refine(({ rollback, weights }) => !rollback || (weights && rollback.canary in weights), {
    path: ["rollback", "canary"],
    message: "must be one of the weights' versions",
  });

/** The rules in a document, or what is wrong with it. */
export function readRouteRules(document: unknown): { rules: RouteRules } | { problem: string } {
  const parsed = rulesShape.safeParse(document);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return { problem: `${issue?.path.join(".") || "the document"}: ${issue?.message}` };
  }
  const { balance, rolledBack: _, ...rules } = parsed.data;
  try {
    return { rules: balance === undefined ? rules : { ...rules, balance: expectBalance("balance", balance) } };
  } catch (error) {
    return { problem: (error as Error).message };
  }
}

/** The value that a rule looks for, as text. */
export function valueAt(
  source: Source | undefined,
  message: Message,
  headers: RequestHeaders | undefined,
): string | undefined {
  if (source === undefined) return undefined;
  return plainText("field" in source ? message[source.field] : headers?.[source.header]);
}
