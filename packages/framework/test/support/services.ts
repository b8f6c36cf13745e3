import { randomUUID } from "node:crypto";
import Consul from "consul";
import { onTestFinished } from "vitest";
import {
  createService as create,
  createGateway as createGw,
  type Gateway,
  type GatewayOptions,
  type Service,
  type ServiceOptions,
  silentLogger,
} from "./framework.js";

/** The real Consul of this run. */
export const consulAddress = process.env.TEST_CONSUL_HTTP_ADDR ?? "";

export function consulApi(address = consulAddress): Consul {
  const [host = "", port = ""] = address.split(":");
  return new Consul({ host, port: Number(port) });
}

/** All test files share one Consul, so every test names its services anew. */
export function uniqueName(kind: string): string {
  return `${kind}-${randomUUID().slice(0, 8)}`;
}

const quick = { log: silentLogger, drain: { noticeMs: 50, graceMs: 2_000 } };

type TestOptions = Partial<ServiceOptions> & { name: string };

/** Started, and stopped after the test. */
export async function startService(
  options: TestOptions,
  prepare: (service: Service) => void = () => {},
): Promise<Service> {
  const service = create({ version: "1.0.0", ...quick, consul: { address: consulAddress }, ...options });
  prepare(service);
  onTestFinished(() => service.stop());
  await service.start();
  return service;
}

/** Started, and stopped after the test. */
export async function startGateway(options: TestOptions & Partial<GatewayOptions>): Promise<Gateway> {
  const { modules: _, microservice: __, ...rest } = options;
  const gateway = createGw({ version: "1.0.0", ...quick, consul: { address: consulAddress }, ...rest });
  onTestFinished(() => gateway.stop());
  await gateway.start();
  return gateway;
}

/** Waits until `probe` gives something true; the deadline is only for the case that it never does. */
export async function until<T>(
  probe: () => T | Promise<T>,
  what: string,
  deadlineMs = 50_000,
): Promise<NonNullable<T>> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const value = await Promise.resolve()
      .then(probe)
      .catch(() => undefined);
    if (value) return value;
    if (performance.now() > end) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
