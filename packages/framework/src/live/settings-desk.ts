import { createHash } from "node:crypto";
import { z } from "zod";
import { badOption, delay, expectTargetName, isTargetName, VastifyError } from "../core/index.js";
import type { Settings } from "../discovery/index.js";
import type { SettingsAnswer } from "./settings-answer.js";

export interface SettingsDeskOptions {
  readonly settings: Pick<Settings, "get" | "keys" | "index" | "onChange">;
  /** @default delay */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>;
  /** A clock that never runs backwards, in milliseconds. @default performance.now */
  readonly now?: () => number;
}

/**
 * Answers questions for settings, each of them JSON data from outside.
 *
 * Its errors: `invalid_argument` reason `bad_option`, and `unavailable` reason `settings_unknown` before Consul has answered.
 */
export interface SettingsDesk {
  /** `{ name }`: what is written. */
  get(question: unknown): SettingsAnswer;
  /** The names that something is written for. */
  list(): { readonly names: readonly string[]; readonly index: number };
  /**
   * `{ name, revision?, index?, waitMs? }`: what is written, as soon as its revision is another than the asker's, or when
   * `waitMs` (25,000) are over. `index` is that of the asker's last answer.
   */
  watch(question: unknown, signal?: AbortSignal): Promise<SettingsAnswer>;
  /** Answers all who wait, and whoever asks later, at once. */
  leave(): void;
}

/** How long an answer may be waited for: far below the time after which connections count as silent. */
const longestWaitMs = 25_000;

/** Of two config-servers one hears of a change first. The other gets this long to catch up; then its word counts too. */
const catchUpMs = 1_000;

const questionShape = z.object({
  name: z.string(),
  revision: z.string().max(100).optional(),
  index: z.number().optional(),
  waitMs: z.number().min(0).optional(),
});

export function createSettingsDesk(options: SettingsDeskOptions): SettingsDesk {
  const { settings, pause = delay, now = () => performance.now() } = options;
  const waiting = new Set<() => void>();
  const revisions = new Map<string, { readonly document: unknown; readonly revision: string }>();
  let isLeaving = false;

  const wakeAll = (): void => {
    for (const wake of [...waiting]) wake();
  };
  settings.onChange(wakeAll);

  function answerFor(name: string): SettingsAnswer {
    const document = settings.get(name);
    return {
      name,
      revision: revisionOf(name, document),
      index: knownIndex(),
      ...(document !== undefined && { document }),
    };
  }

  function knownIndex(): number {
    if (settings.index !== undefined) return settings.index;
    throw new VastifyError("unavailable", "Consul has not told the settings yet", { reason: "settings_unknown" });
  }

  /** Settings give the same object for as long as it says the same. */
  function revisionOf(name: string, document: unknown): string {
    if (document === undefined) return "none";
    const known = revisions.get(name);
    if (known?.document === document) return known.revision;
    const revision = createHash("sha256").update(JSON.stringify(document)).digest("hex").slice(0, 16);
    revisions.set(name, { document, revision });
    return revision;
  }

  /** Waits for a change, at most for so many milliseconds. */
  async function news(ms: number, signal: AbortSignal | undefined): Promise<void> {
    const woken = new AbortController();
    const wake = (): void => woken.abort();
    waiting.add(wake);
    signal?.addEventListener("abort", wake, { once: true });
    await pause(ms, woken.signal);
    waiting.delete(wake);
    signal?.removeEventListener("abort", wake);
  }

  return {
    get: (question) => answerFor(read(question).name),
    list: () => ({ names: settings.keys.filter(isTargetName).sort(), index: knownIndex() }),
    async watch(question, signal) {
      const { name, revision, index = 0, waitMs = longestWaitMs } = read(question);
      const mostMs = Math.min(waitMs, longestWaitMs);
      const askedAt = now();
      for (;;) {
        const answer = answerFor(name);
        const waitedMs = now() - askedAt;
        const isBehind = answer.index < index && waitedMs < catchUpMs;
        const isNews = answer.revision !== revision && !isBehind;
        if (isNews || isLeaving || signal?.aborted || waitedMs >= mostMs) return answer;
        await news((isBehind ? Math.min(catchUpMs, mostMs) : mostMs) - waitedMs, signal);
      }
    },
    leave() {
      isLeaving = true;
      wakeAll();
    },
  };
}

function read(question: unknown): z.infer<typeof questionShape> {
  const parsed = questionShape.safeParse(question);
  if (parsed.success) return { ...parsed.data, name: expectTargetName("name", parsed.data.name) };
  const [issue] = parsed.error.issues;
  throw badOption(`the question's ${issue?.path.join(".") || "shape"}`, "something else", issue?.message ?? "right");
}
