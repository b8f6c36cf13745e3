import { expect, it } from "vitest";
import { settingsSource } from "./settings-source.js";

it.each(["", "/", "settings", "vastify/", "vastify/consumers/", "a//", "../"])(
  "a prefix that would show what settings are not is refused: %j",
  (prefix) => {
    expect(() => settingsSource({ prefix })).toThrow(expect.objectContaining({ reason: "bad_option" }));
  },
);

it("nothing is told before the start", async () => {
  const source = settingsSource();
  expect(() => source.list()).toThrow(expect.objectContaining({ code: "unavailable", reason: "settings_unknown" }));
  await expect(source.watch({ name: "shop" })).rejects.toMatchObject({ reason: "settings_unknown" });
  await source.stop();
});
