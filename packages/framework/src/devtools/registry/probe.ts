import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import type { CheckStatus, Probe } from "./records.js";

export interface Finding {
  readonly status: CheckStatus;
  readonly output: string;
}

const maxRedirects = 10;
const maxOutputBytes = 4096;
// Node fires a timer that is longer at once.
export const longestTimerMs = 2 ** 31 - 1;

/** Runs a check once. It ends at the check's timeout, or when `signal` aborts, and never throws. */
export async function runProbe(probe: Extract<Probe, { type: "http" | "tcp" }>, signal: AbortSignal): Promise<Finding> {
  const bounded = new AbortController();
  const giveUp = () => bounded.abort();
  let isLate = false;
  const timer = setTimeout(
    () => {
      isLate = true;
      giveUp();
    },
    Math.min(probe.timeoutMs, longestTimerMs),
  );
  signal.addEventListener("abort", giveUp);
  try {
    if (probe.type === "http") return await probeHttp(probe, bounded.signal);
    return await probeTcp(probe.address, bounded.signal);
  } catch (error) {
    const what = probe.type === "http" ? `${probe.method} ${probe.url}` : `dial tcp ${probe.address}`;
    const why = isLate ? `no answer within the timeout of ${probe.timeoutMs} ms` : (error as Error).message;
    return { status: "critical", output: `${what}: ${why}` };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", giveUp);
  }
}

async function probeHttp(probe: Extract<Probe, { type: "http" }>, signal: AbortSignal): Promise<Finding> {
  let url = new URL(probe.url);
  for (let redirects = 0; ; redirects++) {
    const response = await send(url, probe, signal);
    const status = response.statusCode ?? 0;
    const { location } = response.headers;
    if (status >= 300 && status < 400 && location !== undefined && redirects < maxRedirects) {
      response.destroy();
      url = new URL(location, url);
      continue;
    }
    const body = await readStart(response);
    const output = `HTTP ${probe.method} ${probe.url}: ${status} ${response.statusMessage} Output: ${body}`;
    return { status: statusOf(status), output };
  }
}

function statusOf(httpStatus: number): CheckStatus {
  if (httpStatus >= 200 && httpStatus < 300) return "passing";
  return httpStatus === 429 ? "warning" : "critical";
}

// Not `fetch`: it refuses a list of ports, and a service may listen on any.
function send(url: URL, probe: Extract<Probe, { type: "http" }>, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = {
      method: probe.method,
      headers: { accept: "text/plain, text/*, */*", "user-agent": "Consul Health Check", ...headersOf(probe) },
      agent: false as const,
      signal,
    };
    const request =
      url.protocol === "https:"
        ? httpsRequest(url, { ...options, rejectUnauthorized: probe.isTlsVerified }, resolve)
        : httpRequest(url, options, resolve);
    request.on("error", reject);
    request.end(probe.body);
  });
}

function headersOf(probe: Extract<Probe, { type: "http" }>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(probe.headers).map(([name, values]) => [name.toLowerCase(), [...values]]));
}

async function readStart(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= maxOutputBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, maxOutputBytes).toString();
}

function probeTcp(address: string, signal: AbortSignal): Promise<Finding> {
  const { hostname, port } = new URL(`tcp://${address}`);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ""), port: Number(port), signal });
    socket.on("error", reject);
    socket.on("connect", () => {
      socket.destroy();
      resolve({ status: "passing", output: `TCP connect ${address}: Success` });
    });
  });
}
