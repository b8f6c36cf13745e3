// Sends requests over kept connections, the next when the last is answered, by bare sockets: so that what is measured is
// not whoever measures.
import { once } from "node:events";
import { connect } from "node:net";
import { answerParent } from "../support/child.mjs";
import { percentile } from "../support/stats.mjs";

const latencies = new Float64Array(1 << 21);
const ids = 1_000;

answerParent({ expectAnswer, load });

/** Whether it answers, and rightly. It may need a moment to find its service. */
async function expectAnswer({ port, headers = {} }) {
  for (const end = performance.now() + 10_000; ; ) {
    const response = await fetch(`http://127.0.0.1:${port}/bench/42`, { headers });
    const text = await response.text();
    const { id, note } = response.ok ? JSON.parse(text) : {};
    if (String(id) === "42" && note.length === 64) return;
    if (performance.now() > end) throw new Error(`it answers ${response.status} ${text.slice(0, 300)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** @param {{ port: number, headers?: Record<string, string>, connections: number, seconds: number }} options */
async function load({ port, headers = {}, connections, seconds }) {
  const given = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const requests = Array.from({ length: ids }, (_, id) =>
    Buffer.from(`GET /bench/${id} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n${given.join("")}\r\n`),
  );
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1_000;
  let calls = 0;
  let failed = 0;

  async function work() {
    const socket = connect({ host: "127.0.0.1", port, noDelay: true });
    await once(socket, "connect");
    let sentAt = performance.now();
    let text = "";
    const send = () => {
      sentAt = performance.now();
      if (sentAt < endsAt) socket.write(requests[calls % ids]);
      else socket.destroy();
    };
    socket.setEncoding("latin1").on("data", (chunk) => {
      text += chunk;
      if (!isWhole(text)) return;
      if (calls < latencies.length) latencies[calls] = performance.now() - sentAt;
      calls += 1;
      if (!text.startsWith("HTTP/1.1 200")) failed += 1;
      text = "";
      send();
    });
    const closed = once(socket, "close");
    send();
    await closed;
    if (text !== "") throw new Error(`a connection was closed after ${text.slice(0, 200)}`);
  }

  await Promise.all(Array.from({ length: connections }, work));
  if (failed > 0) throw new Error(`${failed} of ${calls} requests failed`);
  const sorted = latencies.subarray(0, Math.min(calls, latencies.length)).sort();
  const elapsedMs = performance.now() - startedAt;
  return {
    calls,
    perSecond: (calls * 1_000) / elapsedMs,
    p50Ms: percentile(sorted, 0.5),
    p99Ms: percentile(sorted, 0.99),
  };
}

/** Whether a response is complete, by its length or its last chunk. */
function isWhole(text) {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return false;
  const [, length] = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, end)) ?? [];
  return length === undefined ? text.endsWith("\r\n0\r\n\r\n") : text.length >= end + 4 + Number(length);
}
