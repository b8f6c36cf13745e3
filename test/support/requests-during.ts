import { vi } from "vitest";

export interface Answers {
  readonly answered: number;
  /** One line each: a status other than 200, or an error. */
  readonly failures: readonly string[];
}

const clients = 5;
const settled = 50;

/** Sends requests without a pause, by several clients, before, while and after something happens. */
export async function requestsDuring(url: string, happen: () => Promise<unknown>): Promise<Answers> {
  let answered = 0;
  let more = Number.POSITIVE_INFINITY;
  const failures: string[] = [];
  const client = async () => {
    while (more-- > 0) {
      const failure = await ask(url);
      answered += 1;
      if (failure !== undefined) failures.push(failure);
    }
  };
  const running = Array.from({ length: clients }, client);
  try {
    await vi.waitFor(
      () => {
        if (answered < settled) throw new Error(`${answered} requests were answered`);
      },
      { timeout: 30_000 },
    );
    await happen();
  } finally {
    more = settled;
    await Promise.all(running);
  }
  return { answered, failures };
}

async function ask(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(20_000) });
    const text = await response.text();
    return response.status === 200 ? undefined : `${response.status} ${text}`;
  } catch (error) {
    return `${error} ${(error as Error).cause ?? ""}`;
  }
}
