import { expect, it } from "vitest";
import { DeployTool } from "./deploy-tool.js";

it("works by its class and on an instance", () => {
  expect(DeployTool.GeneratePM2AppConfig({ name: "a" }).script).toBe("a.js");
  expect(new DeployTool().GeneratePM2AppConfig({ name: "a" }).script).toBe("a.js");
});
