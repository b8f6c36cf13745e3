import { expect, it } from "vitest";
import { z } from "zod";
import { describeEnv } from "./describe-env.js";

const own = {
  STOCK_URL: z.string().describe("a URL").meta({ purpose: "Where the stock is." }),
  LIMIT: z.string().default("5"),
};

it("tells the framework's variables and a service's own, by their names", () => {
  const described = describeEnv({ name: "shop", version: "1.2.3", httpPort: 3333 }, own);
  const names = described.map(({ name }) => name);
  expect(names).toEqual([...names].sort());
  expect(described.find(({ name }) => name === "STOCK_URL")).toEqual({
    name: "STOCK_URL",
    purpose: "Where the stock is.",
    expected: "a URL",
    defaultValue: undefined,
    isRequired: true,
  });
  expect(described.find(({ name }) => name === "LIMIT")).toMatchObject({ defaultValue: "5", isRequired: false });
  expect(described.find(({ name }) => name === "HTTP_PORT")).toMatchObject({ defaultValue: "3333" });
});

it("says what each of the framework's variables is for", () => {
  for (const { name, purpose, expected } of describeEnv({ name: "shop", version: "1.0.0", httpPort: 0 })) {
    expect(purpose, name).toMatch(/\.$/);
    expect(expected, name).not.toBe("");
  }
});

it("leaves out the port for calls of a service that answers none", () => {
  const namesOf = (microservicePort?: number) =>
    describeEnv({ name: "shop", version: "1.0.0", httpPort: 0, ...(microservicePort && { microservicePort }) }).map(
      ({ name }) => name,
    );
  expect(namesOf()).not.toContain("MICROSERVICE_PORT");
  expect(namesOf(10_015)).toContain("MICROSERVICE_PORT");
});
