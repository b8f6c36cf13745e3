import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { vi } from "vitest";

export interface Answers {
  readonly answered: number;
  /** One line each: a status other than 200, or an error. */
  readonly failures: readonly string[];
}

const clients = 5;
const settled = 50;

export interface Clients {
  /** Whether they keep their connections from one request to the next. @default true */
  readonly keepConnections?: boolean;
}

/** Sends requests without a pause, by several clients, before, while and after something happens. */
export async function requestsDuring(
  url: string,
  happen: () => Promise<unknown>,
  { keepConnections = true }: Clients = {},
): Promise<Answers> {
  let answered = 0;
  let more = Number.POSITIVE_INFINITY;
  const failures: string[] = [];
  const agent = new Agent({ keepAlive: true });
  const client = async () => {
    while (more-- > 0) {
      const failure = await ask(url, keepConnections ? agent : false);
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
    agent.destroy();
  }
  return { answered, failures };
}

async function ask(url: string, agent: Agent | false): Promise<string | undefined> {
  try {
    const [response] = (await once(request(url, { agent, timeout: 20_000 }).end(), "response")) as [IncomingMessage];
    const body = await text(response);
    return response.statusCode === 200 ? undefined : `${response.statusCode} ${body}`;
  } catch (error) {
    return String(error);
  }
}
