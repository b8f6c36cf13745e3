import { expect, it } from "vitest";
import { expectFreePorts } from "./expect-free-ports.js";
import { readLauncherConfig } from "./launcher-config.js";

it("needs the registry's port unless CONSUL_HTTP_ADDR names a Consul", () => {
  expect(readLauncherConfig({}, "/repo").registry?.port).toBe(8500);
  expect(readLauncherConfig({ CONSUL_HTTP_ADDR: "10.0.0.1:8500" }, "/repo").registry).toBeUndefined();
});

it("keeps the data in the repository unless VASTIFY_DATA_DIR names a folder", () => {
  expect(readLauncherConfig({}, "/repo").mongoDir).toBe("/repo/.vastify/data/mongodb");
  expect(readLauncherConfig({ VASTIFY_DATA_DIR: "/elsewhere" }, "/repo").mongoDir).toBe("/elsewhere/mongodb");
});

it("names a variable that is wrong", () => {
  expect(() => readLauncherConfig({ GATEWAY_HTTP_PORT: "front" }, "/repo")).toThrow(
    'GATEWAY_HTTP_PORT must be a port number from 0 to 65535, got "front"',
  );
});

it.each([
  ["MONGODB_URI", "foo"],
  ["LOG_LEVEL", "loud"],
  ["CONFIG_SERVER_VERSION", "zzz"],
])("tells a %s that the services would refuse, before anything has started", (variable, wrong) => {
  expect(() => readLauncherConfig({ [variable]: wrong }, "/repo")).toThrow(
    new RegExp(`^${variable} must be .* got "${wrong}"`),
  );
});

it("refuses one port for two", async () => {
  const { servicePorts } = readLauncherConfig({ GATEWAY_HTTP_PORT: "7", CONFIG_SERVER_HTTP_PORT: "7" }, "/repo");
  const clashing = servicePorts.filter(({ port }) => port === 7);
  await expect(expectFreePorts("127.0.0.1", clashing)).rejects.toThrow(
    /port 7 is given to config-server \(REST\) and to gateway: set GATEWAY_HTTP_PORT/,
  );
});
