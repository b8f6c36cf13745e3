import { describe, expect, it } from "vitest";
import { readInstance, targetOf } from "./instance.js";

const notes = '{"$$version":"1.0.0","$$microservicePort":10015}';

function entry(overrides: { Service?: object; Checks?: object[] } = {}) {
  return {
    Node: { Address: "10.0.0.1" },
    Service: { ID: "a@1", Service: "a", Address: "10.0.0.2", Port: 3333, ...overrides.Service },
    Checks: overrides.Checks ?? [
      { ServiceID: "", Notes: "" },
      { ServiceID: "a@1", Notes: notes },
    ],
  };
}

describe("readInstance", () => {
  it("reads address, ports and version", () => {
    expect(readInstance(entry())).toMatchObject({
      instance: {
        id: "a@1",
        target: "a",
        version: "1.0.0",
        httpPort: 3333,
        endpoint: { host: "10.0.0.2", port: 10015, protocols: [] },
      },
    });
  });

  it("takes the node's address when the service has none", () => {
    expect(readInstance(entry({ Service: { Address: "" } }))).toMatchObject({ instance: { host: "10.0.0.1" } });
  });

  it("knows an entry of 2018, whose name is its id", () => {
    expect(readInstance(entry({ Service: { Service: "a@1" } }))).toMatchObject({ instance: { target: "a" } });
  });

  it("says why an instance can't be used", () => {
    expect(readInstance(entry({ Checks: [] }))).toMatchObject({
      id: "a@1",
      problem: expect.stringContaining("not JSON"),
    });
  });

  it("knows what is not an entry of Consul's", () => {
    expect(readInstance({ nonsense: true })).toBeUndefined();
  });

  it.each([
    [[{ Status: "passing" }], "passing"],
    [[{ Status: "critical" }], "failing"],
    [[{ Status: "warning" }], "failing"],
    [[{ Status: "passing" }, { CheckID: "serfHealth", ServiceID: "", Status: "critical" }], "failing"],
    [[{ Status: "passing" }, { CheckID: "_service_maintenance:a@1", Status: "critical" }], "withdrawn"],
    [[{ Status: "passing" }, { CheckID: "_node_maintenance", ServiceID: "", Status: "critical" }], "withdrawn"],
  ])("tells by its checks %j that it is %s", (checks, state) => {
    const Checks = checks.map((check) => ({ ServiceID: "a@1", Notes: notes, ...check }));
    expect(readInstance(entry({ Checks }))).toMatchObject({ state });
  });

  it("is not confused by what an operator noted when he withdrew it", () => {
    const repairs = { CheckID: "_service_maintenance:a@1", ServiceID: "a@1", Notes: "repairs", Status: "critical" };
    const Checks = [repairs, { ServiceID: "a@1", Notes: notes, Status: "passing" }];
    expect(readInstance(entry({ Checks }))).toMatchObject({ instance: { version: "1.0.0" }, state: "withdrawn" });
  });
});

it.each([
  ["account-server", "account-server"],
  ["account-server@6f1c", "account-server"],
  ["@odd", "@odd"],
])("the target of %s is %s", (name, target) => {
  expect(targetOf(name)).toBe(target);
});
