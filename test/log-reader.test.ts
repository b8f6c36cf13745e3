import { type RunningConsul, startConsul } from "@vastify/backends";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { useServices } from "./support/service-process.js";

let consul: RunningConsul;
const services = useServices(afterEach, () => ({ CONSUL_HTTP_ADDR: consul.httpAddr, LOG_LEVEL: "debug" }));

beforeAll(async () => {
  consul = await startConsul();
});
afterAll(() => consul?.stop());

it("a service whose log nobody reads any more serves on, and leaves in order", async () => {
  const service = await services.start("config-server");
  service.stopReading();
  for (let request = 0; request < 3; request++) {
    const { status } = await fetch(`${service.url}/config`);
    expect(status).toBe(200);
  }
  expect(await service.stop()).toBe(0);
});
