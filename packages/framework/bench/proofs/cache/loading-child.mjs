// One of several processes that share a cache: node loading-child.mjs REDIS_URL
import { setTimeout as delay } from "node:timers/promises";
import { redisCache } from "vastify/storage/cache";
import { answerParent } from "../../support/child.mjs";

const cache = redisCache({ url: process.argv[2], leaseMs: 1_000 });

answerParent({
  start: () => cache.start({ log: console, signal: new AbortController().signal }),
  /** Wants one key many times at once; gives how often the loader ran here, and every different answer. */
  async want({ key, times, loadMs }) {
    let loads = 0;
    const load = async () => {
      loads++;
      await delay(loadMs);
      return { key, by: process.pid };
    };
    const answers = await Promise.all(
      Array.from({ length: times }, () => cache.load(key, load, { timeoutMs: 20_000 })),
    );
    return { loads, answers: [...new Set(answers.map((answer) => JSON.stringify(answer)))] };
  },
  /** Begins to load a key and dies of it. */
  die: ({ key }) => cache.load(key, () => process.kill(process.pid, "SIGKILL") && new Promise(() => {})),
});
