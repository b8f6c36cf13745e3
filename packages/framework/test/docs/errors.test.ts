import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { errorCodes, httpStatusOf, resultCodes } from "../../src/core/index.js";

const root = join(import.meta.dirname, "../../../..");
const page = readFileSync(join(root, "docs/reference/errors.md"), "utf8");

/** The rows of the table that follows a heading, as cells. */
function rowsUnder(heading: string): string[][] {
  const section = page.split(`## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
  const rows = section.split("\n").filter((line) => line.startsWith("| `") || /^\| \d/.test(line));
  return rows.map((row) =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.replaceAll("`", "").trim()),
  );
}

function reasonsInSource(): Set<string> {
  const folder = join(root, "packages/framework/src");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (f) => f.endsWith(".ts") && !f.endsWith(".test.ts"),
  );
  const reasons = new Set<string>();
  for (const file of files) {
    // An expression with `typeof` reads a reason instead of giving one.
    for (const [, expression = ""] of readFileSync(join(folder, file), "utf8").matchAll(
      /\breason: ([^,}\n]*"[^,}\n]*)/g,
    )) {
      if (expression.includes("typeof")) continue;
      for (const [, reason = ""] of expression.matchAll(/"(\w+)"/g)) reasons.add(reason);
    }
  }
  return reasons;
}

describe("docs/reference/errors.md", () => {
  it("lists every code with its HTTP status, and no other", () => {
    expect(rowsUnder("Codes").map(([code, status]) => [code, Number(status)])).toEqual(
      errorCodes.map((code) => [code, httpStatusOf(code)]),
    );
  });

  it("lists every reason that the framework gives, and no other", () => {
    const listed = rowsUnder("Reasons").map(([reason]) => reason);
    expect([...listed].sort()).toEqual([...reasonsInSource()].sort());
  });

  it("lists every shared result code", () => {
    const listed = rowsUnder("Shared result codes").map(([result]) => Number(result));
    expect(listed).toEqual(Object.values(resultCodes).map(({ code }) => code));
  });
});
