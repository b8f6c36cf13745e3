import { delay, type Logger } from "../core/index.js";
import { askPresence, type Presence } from "./ask-presence.js";
import type { Instance } from "./instance.js";
import { createTurns } from "./turns.js";

export interface UnlistedOptions {
  readonly log: Logger;
  /** How long an instance is kept, however well it answers, in milliseconds. */
  readonly keepMs: number;
  /** Who lists instances, for the log. @default "Consul" */
  readonly lister?: string;
  /** @default askPresence */
  readonly ask?: (instance: Instance, signal: AbortSignal) => Promise<Presence>;
  /** In milliseconds. @default performance.now */
  readonly now?: () => number;
  /** @default Math.random */
  readonly random?: () => number;
  /** @default delay */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Instances that Consul lists no longer: each is asked itself, and stays in use for as long as it answers. */
export interface Unlisted {
  /**
   * Asks at once and then every two seconds; `onGone` is called, once, when the instance is to be used no more.
   * Returns how to stop asking.
   */
  keep(instance: Instance, onGone: () => void): () => void;
  /** How many are kept now. */
  readonly size: number;
  stop(): void;
}

const askEveryMs = 2_000;
const mostAtATime = 32;
/** With more than so many, each is asked less often, so that no more than a hundred are asked per second. */
const unhurried = 200;
const silencesUntilGone = 3;

export function createUnlisted(options: UnlistedOptions): Unlisted {
  const {
    log,
    keepMs,
    lister = "Consul",
    ask = askPresence,
    now = () => performance.now(),
    random = Math.random,
    pause = delay,
  } = options;
  const kept = new Map<Instance, AbortController>();
  const takeTurns = createTurns(mostAtATime);
  let isTold = false;

  function tellOnce({ id }: Instance): void {
    if (isTold) return;
    isTold = true;
    log.warn(`${lister} lists ${id} no longer, but it answers: such instances stay in use for up to ${keepMs} ms`);
  }

  /** An instance may be registered at an address that nobody can ask. */
  async function askSafely(instance: Instance, signal: AbortSignal): Promise<Presence> {
    if (signal.aborted) return "silent";
    return ask(instance, signal).catch(() => "silent");
  }

  /** Resolves to why the instance is gone; to nothing when it is asked no more. */
  async function askUntilGone(instance: Instance, signal: AbortSignal): Promise<string | undefined> {
    const keepUntil = now() + keepMs;
    let silences = 0;
    while (!signal.aborted) {
      const presence = await takeTurns(() => askSafely(instance, signal));
      if (signal.aborted) break;
      if (presence === "gone") return "it is not there any more";
      silences = presence === "silent" ? silences + 1 : 0;
      if (silences === silencesUntilGone) return "it does not answer";
      if (now() >= keepUntil) return `it was not listed again within ${keepMs} ms`;
      if (presence === "there") tellOnce(instance);
      await pause(askEveryMs * Math.max(1, kept.size / unhurried) * (0.75 + random() / 2), signal);
    }
    return undefined;
  }

  return {
    get size() {
      return kept.size;
    },
    keep(instance, onGone) {
      const letGo = new AbortController();
      kept.set(instance, letGo);
      const release = () => {
        letGo.abort();
        kept.delete(instance);
        if (kept.size === 0) isTold = false;
      };
      void askUntilGone(instance, letGo.signal).then((why) => {
        if (why === undefined) return;
        log.info(`${instance.id} is used no more: ${lister} does not list it, and ${why}`);
        release();
        onGone();
      });
      return release;
    },
    stop() {
      for (const letGo of kept.values()) letGo.abort();
    },
  };
}
