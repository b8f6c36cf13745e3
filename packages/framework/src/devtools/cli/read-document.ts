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
    const why = said(cause);
    throw new VastifyError("invalid_argument", `${from} can't be read: ${why}`, { reason: "bad_contract" });
  }
}

/** What `fetch` says is only that it failed; why, its cause knows, or where a name has several addresses, each of its errors. */
function said(thrown: unknown): string {
  if (thrown instanceof AggregateError) return thrown.errors.map(said).join(", ");
  if (!(thrown instanceof Error)) return String(thrown);
  return thrown.cause instanceof Error ? said(thrown.cause) : thrown.message;
}

async function fetched(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(answerMs) });
  if (!response.ok) throw new Error(`the answer was ${response.status}`);
  return response.text();
}
