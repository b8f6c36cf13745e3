import { VastifyError } from "../../core/index.js";
import type { Settings } from "../settings.js";

/** Where there is no Consul nobody writes rules: there are those of the code. */
export const noSettings: Settings = {
  start() {},
  async stop() {},
  get: () => undefined,
  problemOf: () => undefined,
  keys: [],
  index: undefined,
  known: new Promise(() => {}),
  unlisted: 0,
  onChange: () => () => {},
  async replace(key) {
    throw new VastifyError("failed_precondition", `vastify/${key} can't be written: there is no Consul`, {
      reason: "no_registry",
    });
  },
};
