import { randomInt } from "node:crypto";
import { createServer } from "node:net";
import { VastifyError } from "vastify";

// Below the range that Linux gives to outgoing connections, so that a port stays free between a server's stop and its restart.
const lowest = 20_000;
const highest = 32_767;

/** A TCP port on 127.0.0.1 that nothing listens at now. */
export async function findFreePort(): Promise<number> {
  const [port] = await findFreePorts(1);
  return port as number;
}

/** `count` different TCP ports on 127.0.0.1 that nothing listens at now. */
export async function findFreePorts(count: number): Promise<number[]> {
  const found = new Set<number>();
  for (let tries = 0; found.size < count; tries++) {
    if (tries >= 200 + count) throw new VastifyError("resource_exhausted", "found no free port on 127.0.0.1");
    const port = randomInt(lowest, highest + 1);
    if (await isFree(port)) found.add(port);
  }
  return [...found];
}

/** Whether nothing listens at the port. */
export async function isFree(port: number, host = "127.0.0.1"): Promise<boolean> {
  return (await whyNotFree(port, host)) === undefined;
}

/** Node's error code when the port can't be listened at, such as EADDRINUSE or EADDRNOTAVAIL. */
export function whyNotFree(port: number, host = "127.0.0.1"): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", ({ code }: NodeJS.ErrnoException) => resolve(code ?? "unknown"));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
