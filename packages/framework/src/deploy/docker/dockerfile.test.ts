import { describe, expect, it } from "vitest";
import { readStages } from "../../../test/support/dockerfile-stages.js";
import { shop } from "../../../test/support/shop.js";
import { dockerfile } from "./dockerfile.js";

const { text } = dockerfile(shop);

const stages = readStages(text);

/** The instructions of a stage and those below it. */
function linesOf(name: string): readonly string[] {
  const { base, lines } = stages.get(name) ?? { base: "", lines: [] };
  return stages.has(base) ? [...linesOf(base), ...lines] : lines;
}

describe("the generated Dockerfile", () => {
  it("has a target for each service, on a base with a version", () => {
    expect([...stages.keys()]).toEqual(expect.arrayContaining(["stock", "gateway"]));
    expect(text).toMatch(/^ARG NODE_IMAGE=node:22-bookworm-slim$/m);
  });

  it("installs modules before it sees code, so that code does not install them anew", () => {
    const lines = linesOf("build");
    expect(lines.indexOf("COPY services/stock/package.json services/stock/")).toBeGreaterThan(-1);
    expect(lines.findIndex((line) => line.endsWith("npm ci"))).toBeLessThan(lines.indexOf("COPY . ."));
  });

  it.each(["stock", "gateway"])("runs %s as nobody special, without what it was built with", (name) => {
    const lines = linesOf(name);
    expect(lines).toContain("USER node");
    expect(lines.filter((line) => line.startsWith("COPY"))).toEqual([
      "COPY --from=build /app ./",
      `COPY --from=${name}-modules /app ./`,
    ]);
    expect(linesOf(`${name}-modules`).at(-1)).toMatch(new RegExp(`npm ci --omit=dev --workspace services/${name}$`));
    expect(lines.filter((line) => line.startsWith("RUN"))).toEqual([]);
  });

  it.each(["stock", "gateway"])("starts %s as its first process, and asks it for its health", (name) => {
    const lines = linesOf(name);
    expect(lines.at(-1)).toBe(`CMD ["node", "services/${name}/dist/main.js"]`);
    const probe = lines.find((line) => line.startsWith("HEALTHCHECK"))?.split(" CMD ")[1];
    expect(JSON.parse(probe ?? "")).toEqual(["node", "-e", expect.stringContaining("/health")]);
  });

  it("keeps to what linters of Dockerfiles ask for", () => {
    expect(text).not.toMatch(/^(ADD|MAINTAINER) /m);
    expect(text).not.toMatch(/:latest|sudo|npm install|curl|apt-get/);
    expect(text).toMatch(/^WORKDIR \/app$/m);
    expect([...text.matchAll(/^(CMD|ENTRYPOINT) (.)/gm)].every(([, , sign]) => sign === "[")).toBe(true);
    expect(text).not.toMatch(/SECRET|PASSWORD|TOKEN|PAYMENT_KEY/);
  });
});
