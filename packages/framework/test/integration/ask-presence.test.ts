import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer as createTcpServer } from "node:net";
import { findFreePort } from "@vastify/backends";
import { describe, expect, it, onTestFinished } from "vitest";
import { askPresence } from "../../src/discovery/ask-presence.js";

async function serve(answer: RequestListener): Promise<number> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

async function accept(): Promise<number> {
  const server = createTcpServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

const says =
  (body: unknown, status = 200): RequestListener =>
  (_request, response) =>
    response.writeHead(status).end(JSON.stringify(body));

interface Asked {
  httpPort: number;
  isPlain?: boolean;
  microservicePort?: number | null;
}

function ask({ httpPort, isPlain = false, microservicePort = null }: Asked) {
  const instance = {
    ...{ id: "a@1", target: "a", version: "1.0.0", host: "127.0.0.1", httpPort, zone: undefined },
    endpoint: microservicePort === null ? null : { host: "127.0.0.1", port: microservicePort, protocols: [] },
    description: isPlain ? undefined : "d",
  };
  return askPresence(instance, new AbortController().signal);
}

describe("one of ours", () => {
  it.each([
    ["there when it answers as itself", says({ instance: "a@1" }), "there"],
    ["gone when somebody else answers", says({ instance: "a@2" }), "gone"],
    ["gone when what answers does not say who it is", says("a little server"), "gone"],
    ["gone when it is leaving", says({ instance: "a@1", status: "leaving" }, 503), "gone"],
    ["gone when it sends us elsewhere", says({ instance: "a@1" }, 302), "gone"],
    ["of unknown fate when it does not answer", () => {}, "silent"],
    ["of unknown fate when it breaks off", ((request) => request.destroy()) as RequestListener, "silent"],
  ] as const)("is %s", async (_what, answer, presence) => {
    expect(await ask({ httpPort: await serve(answer) })).toBe(presence);
  });

  it("is gone when nothing listens there", async () => {
    expect(await ask({ httpPort: await findFreePort(), microservicePort: await accept() })).toBe("gone");
  });
});

describe("a plain Seneca peer", () => {
  it("is there when its microservice port accepts, with a /health of its own or without", async () => {
    const microservicePort = await accept();
    expect(await ask({ httpPort: await findFreePort(), microservicePort, isPlain: true })).toBe("there");
    expect(await ask({ httpPort: await serve(says({})), microservicePort, isPlain: true })).toBe("there");
  });

  it("is gone when that refuses, or its /health says so", async () => {
    const refusing = await findFreePort();
    expect(await ask({ httpPort: await serve(says({})), microservicePort: refusing, isPlain: true })).toBe("gone");
    const unwell = await serve(says({}, 500));
    expect(await ask({ httpPort: unwell, microservicePort: await accept(), isPlain: true })).toBe("gone");
  });
});
