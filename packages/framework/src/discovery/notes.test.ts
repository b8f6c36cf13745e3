import { describe, expect, it } from "vitest";
import { readNotes, writeNotes } from "./notes.js";

describe("notes", () => {
  it("come back as they were written", () => {
    const notes = { $$version: "1.2.3", $$microservicePort: 10015, description: "abc" };
    expect(readNotes(writeNotes(notes))).toEqual({ notes });
  });

  it("may hold keys of a newer version", () => {
    expect(readNotes('{"$$version":"1.0.0","$$microservicePort":1,"planet":"a"}')).toHaveProperty("notes");
  });

  it("tell the zone, unless they mean something else by it", () => {
    const notes = { $$version: "1.0.0", $$microservicePort: 1 };
    expect(readNotes(JSON.stringify({ ...notes, zone: "a" }))).toEqual({ notes: { ...notes, zone: "a" } });
    expect(readNotes(JSON.stringify({ ...notes, zone: 7 }))).toEqual({ notes });
  });

  it.each([
    [undefined, "not JSON"],
    ["", "not JSON"],
    ["{", "not JSON"],
    ["null", "bad shape"],
    ["[]", "bad shape"],
    ['{"$$microservicePort":1}', "bad $$version"],
    ['{"$$version":"one","$$microservicePort":1}', "bad $$version"],
    ['{"$$version":"1.0.0"}', "bad $$microservicePort"],
    ['{"$$version":"1.0.0","$$microservicePort":"1"}', "bad $$microservicePort"],
    ['{"$$version":"1.0.0","$$microservicePort":70000}', "bad $$microservicePort"],
  ])("%s say what is wrong with them", (text, problem) => {
    expect(readNotes(text)).toMatchObject({ problem: expect.stringContaining(problem) });
  });
});
