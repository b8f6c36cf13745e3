import { describe, expect, it } from "vitest";
import { entityTagOf, expectMatch } from "./entity-tag.js";

describe("If-Match", () => {
  it.each([undefined, "*", " * ", '"7"', '"6", "7"', '"7" , "x"'])("%s lets version 7 pass", (ifMatch) => {
    expect(() => expectMatch(ifMatch, 7)).not.toThrow();
  });

  it.each(['"6"', "7", 'W/"7"', '""', "", '"77"'])("%s does not", (ifMatch) => {
    expect(() => expectMatch(ifMatch, 7)).toThrow(
      expect.objectContaining({ code: "failed_precondition", reason: "precondition_failed" }),
    );
  });

  it("takes the tag that was given", () => {
    expect(() => expectMatch(entityTagOf(0), 0)).not.toThrow();
  });
});
