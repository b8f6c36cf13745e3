import { setImmediate as nextTurn } from "node:timers/promises";
import { percentile } from "../support/stats.mjs";

/** @typedef {(data: unknown) => Promise<unknown>} Echo */

const chunkMs = 1;
const latencies = new Float64Array(1 << 20);

/**
 * Calls one after the other. The clock is read, and timers get their turn, once in a chunk of about a millisecond.
 * @param {Echo} call
 */
export async function oneAtATime(call, data, seconds) {
  return inChunks(seconds, async (calls) => {
    for (let i = 0; i < calls; i++) await call(data);
  });
}

/**
 * Many calls begun at once, over and over.
 * @param {Echo} call
 */
export async function saturated(call, data, seconds, width = 64) {
  const batch = new Array(width);
  return inChunks(seconds, async (calls) => {
    for (let i = 0; i < calls; i += width) {
      for (let k = 0; k < width; k++) batch[k] = call(data);
      await Promise.all(batch);
    }
  });
}

async function inChunks(seconds, runCalls) {
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1_000;
  let calls = 0;
  let chunk = 64;
  let now = startedAt;
  while (now < endsAt) {
    const chunkStartedAt = now;
    await runCalls(chunk);
    calls += chunk;
    await nextTurn();
    now = performance.now();
    if (now - chunkStartedAt < chunkMs) chunk *= 2;
  }
  return { perSecond: (calls * 1_000) / (now - startedAt) };
}

/**
 * Keeps so many calls in flight, each begun when one has ended.
 * @param {Echo} call
 */
export async function atConcurrency(call, data, concurrency, seconds) {
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1_000;
  const cpu = process.cpuUsage();
  let calls = 0;
  let errors = 0;
  let lastError = "";
  const work = async () => {
    let before = performance.now();
    while (before < endsAt) {
      try {
        await call(data);
      } catch (error) {
        errors++;
        lastError = error?.message ?? String(error);
      }
      const after = performance.now();
      if (calls < latencies.length) latencies[calls] = after - before;
      calls++;
      before = after;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  const elapsedMs = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpu);
  if (errors > calls / 1_000) throw new Error(`${errors} of ${calls} calls failed: ${lastError}`);
  const sorted = latencies.subarray(0, Math.min(calls, latencies.length)).sort();
  return {
    calls,
    errors,
    perSecond: ((calls - errors) * 1_000) / elapsedMs,
    p50Ms: percentile(sorted, 0.5),
    p99Ms: percentile(sorted, 0.99),
    clientCpuUs: (user + system) / calls,
  };
}
