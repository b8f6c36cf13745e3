import { readFile } from "node:fs/promises";
import { VastifyError } from "../../core/index.js";

/** How long a gateway may take to describe itself, in milliseconds. */
const answerMs = 10_000;

/**
 * Reads JSON from a file, or from a URL.
 * @throws VastifyError `invalid_argument`, reason `bad_contract`
 */
export async function readDocument(from: string): Promise<unknown> {
  try {
    return JSON.parse(/^https?:/.test(from) ? await fetched(from) : await readFile(from, "utf8"));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new VastifyError("invalid_argument", `${from} can't be read: ${why}`, { reason: "bad_contract" });
  }
}

async function fetched(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(answerMs) });
  if (!response.ok) throw new Error(`the answer was ${response.status}`);
  return response.text();
}
