import semver from "semver";
import { describe, expect, it } from "vitest";
import { createVersionChoice, type OfferedRoute } from "./route-versions.js";

const rules = {
  isRange: (text: string) => semver.validRange(text) !== null,
  meant: (versions: readonly string[], range: string | undefined) =>
    range === undefined
      ? versions.filter((version) => semver.prerelease(version) === null).slice(0, 1)
      : versions.filter((version) => semver.satisfies(version, range)),
};

function offered(version: string, message: OfferedRoute["message"] = { module: "user", if: "list" }): OfferedRoute {
  return { target: "account-server", version, method: "GET", path: "/user", message };
}

function chooser(versions: readonly (string | OfferedRoute)[], alive?: readonly string[]) {
  const [first, ...others] = versions.map((each) => (typeof each === "string" ? offered(each) : each));
  if (!first) throw new Error("a route is offered by somebody");
  const offers = [first, ...others] as const;
  return createVersionChoice({ offers: [...offers], alive: alive ?? offers.map(({ version }) => version), rules });
}

describe("a request that asks for no version", () => {
  it("is left to the routing rules when the newest stable version offers the route", () => {
    expect(chooser(["2.0.0", "1.0.0"])("").version).toBeUndefined();
    expect(chooser(["1.0.0", "2.0.0-rc.1"], ["2.0.0-rc.1", "1.0.0"])("").version).toBeUndefined();
  });

  it("keeps to the versions that offer the route alike, since weights may choose any other", () => {
    expect(chooser(["1.1.0"], ["1.1.0", "1.0.0"])("").version).toBe("1.1.0");
    const changed = offered("1.0.0", { module: "user", if: "old" });
    expect(chooser(["1.1.0", changed])("").version).toBe("1.1.0");
    expect(chooser(["1.2.0", "1.1.0"], ["1.2.0", "1.1.0", "1.0.0"])("").version).toBe("1.2.0 || 1.1.0");
  });

  it("goes to the newest version that offers the route when the newest stable one does not", () => {
    expect(chooser(["1.1.0", "1.0.0"], ["2.0.0", "1.1.0", "1.0.0"])("").version).toBe("1.1.0");
    expect(chooser(["2.0.0-rc.1"])("").version).toBe("2.0.0-rc.1");
  });

  it("is left to the routing rules, to say that nobody is alive", () => {
    expect(chooser(["1.0.0"], [])("").version).toBeUndefined();
    expect(chooser(["1.0.0"], [])("^7").version).toBeUndefined();
  });
});

describe("a target whose version was just replaced by one that is not described yet", () => {
  const choose = chooser(["1.0.0"], ["1.1.0"]);

  it("goes on being called", () => {
    expect(choose("").version).toBeUndefined();
  });

  it("has no version yet for who wants a certain one", () => {
    expect(() => choose("^1")).toThrow(expect.objectContaining({ reason: "no_version" }));
  });
});

describe("accept-version", () => {
  it.each([
    ["1.0.0", "1.0.0"],
    ["^1", "1.1.0 || 1.0.0"],
    [">=1", "2.0.0 || 1.1.0 || 1.0.0"],
    ["3.0.0-rc.1", "3.0.0-rc.1"],
  ])("%s allows %s", (accepted, version) => {
    expect(chooser(["2.0.0", "1.1.0", "1.0.0", "3.0.0-rc.1"])(accepted).version).toBe(version);
  });

  it("allows only versions that offer the route", () => {
    expect(chooser(["1.1.0"], ["1.2.0", "1.1.0"])("^1").version).toBe("1.1.0");
  });

  it("sends what the chosen version's route says, and so only to versions that say the same", () => {
    const renamed = offered("1.1.0", { module: "account", if: "list" });
    const choose = chooser([renamed, "1.0.0"]);
    expect(choose("^1")).toMatchObject({ route: renamed, version: "1.1.0" });
    expect(choose("~1.0")).toMatchObject({ route: offered("1.0.0"), version: "1.0.0" });
  });

  it("that nothing satisfies is told what is alive", () => {
    expect(() => chooser(["1.1.0", "1.0.0"], ["2.0.0", "1.1.0", "1.0.0"])("^2")).toThrow(
      expect.objectContaining({
        reason: "no_version",
        message: "no version of account-server that serves GET /user satisfies ^2; alive: 1.1.0, 1.0.0",
      }),
    );
  });

  it.each(["one", "1.0.0, 2.0.0", `>=1 ${"||1".repeat(100)}`])("%s is refused", (accepted) => {
    expect(() => chooser(["1.0.0"])(accepted)).toThrow(expect.objectContaining({ reason: "bad_version" }));
  });
});
