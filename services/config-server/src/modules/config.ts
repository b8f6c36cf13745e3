import { resultCodes, type Seneca, type ServiceModule } from "vastify";

/** What config-server answers with. */
export interface SharedConfig {
  /** Of the config-server that answered. */
  readonly version: string;
  readonly codes: typeof resultCodes;
}

/**
 * Hands out the shared result codes: to peers by the target alone or by `cmd:config`, to the world as `GET /config`.
 * Seneca looks at `$$target` before any other key, so an action added here later needs it in its pattern too.
 */
export function configModule(version: string): ServiceModule {
  const config: SharedConfig = { version, codes: resultCodes };
  const load = async () => config;
  return {
    plugin: function config(this: Seneca) {
      this.add("$$target:config-server", load).add("cmd:config", load).add("module:config,if:load", load);
    },
    routes: { prefix: "/config", pin: "module:config,if:*", map: { load: { GET: true, name: "" } } },
  };
}
