import { expect, it } from "vitest";
import { Departure } from "./departure.js";

it("says goodbye to who waits for it, to who comes later at once, and not to who took it back", () => {
  const departure = new Departure();
  const said: string[] = [];
  departure.onLeave(() => said.push("waiting"));
  departure.onLeave(() => said.push("gone"))();
  expect(said).toEqual([]);
  departure.begin();
  departure.onLeave(() => said.push("late"));
  departure.begin();
  expect(said).toEqual(["waiting", "late"]);
});
