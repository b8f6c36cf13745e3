import { type Implementation, implement, resultCodes, type Seneca, type ServiceModule } from "vastify";
import { config } from "../contract.js";

/** Hands out the shared result codes, as the contract says. @param version of this config-server */
export function configActions(version: string): Implementation {
  // A config-server that was told to be another version offers the same.
  return implement({ ...config, version }, { load: () => ({ version, codes: resultCodes }) });
}

/**
 * The same to peers without the contract, by the target alone or by `cmd:config`, and to the world as `GET /config`.
 * Seneca looks at `$$target` before any other key, so an action added here later needs it in its pattern too.
 */
export const configModule: ServiceModule = {
  plugin: function config(this: Seneca) {
    async function load(this: Seneca) {
      return this.post({ module: "config", if: "load" });
    }
    this.add("$$target:config-server", load).add("cmd:config", load);
  },
  routes: { prefix: "/config", pin: "module:config,if:*", map: { load: { GET: true, name: "" } } },
};
