import { createHash } from "node:crypto";
import { z } from "zod";
import { delay, expectTargetName, isTargetName, VastifyError } from "../core/index.js";
import type { Settings } from "../discovery/index.js";
import type { SettingsAnswer } from "./settings-answer.js";

export interface SettingsDeskOptions {
  readonly settings: Pick<Settings, "get" | "problemOf" | "keys" | "index" | "onChange">;
  /** @default delay */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>;
  /** A clock that never runs backwards, in milliseconds. @default performance.now */
  readonly now?: () => number;
}

/**
 * Answers questions for settings, each of them JSON data from outside.
 *
 * Its errors: `invalid_argument` reason `bad_option`, `unavailable` reason `settings_unknown` before Consul has answered, and
 * `failed_precondition` reason `settings_unreadable` while what is written can't be read and nothing good is known of before.
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

/** Who asks for what can't be read is told so soon enough to warn somebody. */
const mendMs = 5_000;

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
    const problem = unreadable(name);
    if (problem) throw problem;
    const document = settings.get(name);
    return {
      name,
      revision: revisionOf(name, document),
      index: knownIndex(),
      ...(document !== undefined && { document }),
    };
  }

  /** "Nothing is written" would take everybody back to the defaults. */
  function unreadable(name: string): VastifyError | undefined {
    const problem = settings.get(name) === undefined ? settings.problemOf(name) : undefined;
    if (problem === undefined) return undefined;
    const text = `what is written for ${name} ${problem}, and what it was before is not known here`;
    return new VastifyError("failed_precondition", text, { reason: "settings_unreadable" });
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
        const waitedMs = now() - askedAt;
        const isOver = isLeaving || signal?.aborted || waitedMs >= mostMs;
        if (unreadable(name) && revision !== undefined && !isOver && waitedMs < mendMs) {
          await news(Math.min(mendMs, mostMs) - waitedMs, signal);
          continue;
        }
        const answer = answerFor(name);
        const isBehind = answer.index < index && waitedMs < catchUpMs;
        const isNews = answer.revision !== revision && !isBehind;
        if (isNews || isOver) return answer;
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
  const where = issue?.path.length ? `its ${issue.path.join(".")}` : "it";
  throw new VastifyError("invalid_argument", `the question for settings is wrong: ${where}: ${issue?.message}`, {
    reason: "bad_option",
  });
}
