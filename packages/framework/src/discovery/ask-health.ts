import { get } from "node:http";
import { z } from "zod";

export type HealthAnswer =
  | {
      readonly kind: "answered";
      readonly status: number;
      /** Who it says it is; a service that isn't ours doesn't tell. */
      readonly instance: string | undefined;
      /** What it says of itself where nobody registers it; to be checked before use. */
      readonly notes?: unknown;
    }
  /** Nobody listens there. */
  | { readonly kind: "refused" }
  /** Nothing came in time, or nothing that could be read. */
  | { readonly kind: "silent" };

const healthShape = z.object({ instance: z.string(), notes: z.unknown().optional() });
const timeoutMs = 1_000;
/** Far more than any of our services says. */
const maxCharacters = 100_000;

/** Asks `GET /health`, for a second at most. */
export async function askHealth(host: string, port: number, signal?: AbortSignal): Promise<HealthAnswer> {
  const control = new AbortController();
  const giveUp = () => control.abort();
  const timer = setTimeout(giveUp, timeoutMs);
  signal?.addEventListener("abort", giveUp, { once: true });
  try {
    // A connection breaks when its other end is just leaving: the next one tells more.
    const answer = await ask(host, port, control.signal);
    return answer ?? (await ask(host, port, control.signal)) ?? { kind: "silent" };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", giveUp);
  }
}

/** Undefined when the connection broke. Not by `fetch`: it knows ports that it never asks. */
function ask(host: string, port: number, signal: AbortSignal): Promise<HealthAnswer | undefined> {
  return new Promise((resolve) => {
    const request = get({ host, port, path: "/health", agent: false, signal }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        text += part;
        if (text.length > maxCharacters) request.destroy();
      });
      response.on("end", () =>
        resolve({ kind: "answered", status: response.statusCode ?? 0, instance: undefined, ...whatIsIn(text) }),
      );
      response.on("error", () => {});
    });
    request.on("error", ({ code }: NodeJS.ErrnoException) =>
      resolve(code === "ECONNREFUSED" ? { kind: "refused" } : undefined),
    );
    request.on("close", () => resolve(undefined));
  });
}

function whatIsIn(body: string): z.infer<typeof healthShape> | undefined {
  try {
    return healthShape.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}
