import { z } from "zod";

export type HealthAnswer =
  | {
      readonly kind: "answered";
      readonly status: number;
      /** Who it says it is; a service that isn't ours doesn't tell. */
      readonly instance: string | undefined;
    }
  /** Nobody listens there. */
  | { readonly kind: "refused" }
  /** Nothing came in time, or nothing that could be read. */
  | { readonly kind: "silent" };

const healthShape = z.object({ instance: z.string() });
const timeoutMs = 1_000;

/** Asks `GET /health`, for a second at most. */
export async function askHealth(host: string, port: number, signal?: AbortSignal): Promise<HealthAnswer> {
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${port}/health`;
  const control = new AbortController();
  const giveUp = () => control.abort();
  const timer = setTimeout(giveUp, timeoutMs);
  signal?.addEventListener("abort", giveUp, { once: true });
  try {
    // A kept connection breaks when its other end leaves: a new one tells more.
    return (await ask(url, control.signal)) ?? (await ask(url, control.signal)) ?? { kind: "silent" };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", giveUp);
  }
}

/** Nothing when the connection broke. */
async function ask(url: string, signal: AbortSignal): Promise<HealthAnswer | undefined> {
  try {
    const response = await fetch(url, { signal, redirect: "manual" });
    return { kind: "answered", status: response.status, instance: instanceIn(await response.text()) };
  } catch (error) {
    return isRefusal(error) ? { kind: "refused" } : undefined;
  }
}

function instanceIn(body: string): string | undefined {
  try {
    return healthShape.safeParse(JSON.parse(body)).data?.instance;
  } catch {
    return undefined;
  }
}

/** `fetch` says "fetch failed" to everything and keeps the reason as its cause. */
function isRefusal(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return typeof cause === "object" && cause !== null && "code" in cause && cause.code === "ECONNREFUSED";
}
