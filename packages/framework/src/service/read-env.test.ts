import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { readEnv } from "./read-env.js";

const shape = { DATABASE: z.string().startsWith("mongodb://").describe("a MongoDB URI") };

function fileWith(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "vastify-env-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "secret");
  writeFileSync(file, text);
  return file;
}

describe("readEnv", () => {
  it("names a variable that is missing", () => {
    expect(() => readEnv({}, shape)).toThrow("DATABASE must be a MongoDB URI, got undefined");
  });

  it("keeps the password of a URI out of its message", () => {
    expect(() => readEnv({ DATABASE: "mysql://me:hidden@host/x" }, shape)).toThrow('got "mysql://host/x"');
  });

  it("takes a value from the file that NAME_FILE names, without the end of its line", () => {
    const file = fileWith("mongodb://me:hidden@host/x\n");
    expect(readEnv({ DATABASE_FILE: file }, shape)).toEqual({ DATABASE: "mongodb://me:hidden@host/x" });
    expect(readEnv({ DATABASE: "", DATABASE_FILE: file }, shape)).toEqual({ DATABASE: "mongodb://me:hidden@host/x" });
  });

  it("never tells what a file holds", () => {
    const file = fileWith("mysql://me:hidden@host/x");
    expect(() => readEnv({ DATABASE_FILE: file }, shape)).toThrow(
      'DATABASE must be a MongoDB URI, got "what its file holds"',
    );
  });

  it("refuses a file that is not there, and a value beside a file", () => {
    expect(() => readEnv({ DATABASE_FILE: "/no/such/file" }, shape)).toThrow(
      'DATABASE_FILE must be a file that can be read (ENOENT), got "/no/such/file"',
    );
    expect(() => readEnv({ DATABASE: "mongodb://a", DATABASE_FILE: "/a" }, shape)).toThrow(
      "DATABASE_FILE must be left out when DATABASE is set",
    );
  });
});
