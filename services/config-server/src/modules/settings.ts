import type { Seneca, ServiceModule, SettingsSource } from "vastify";

/**
 * Tells services their live settings: `get` and `list` at once, `watch` when they change. No route leads here: settings
 * are for services.
 */
export function settingsModule(source: SettingsSource): ServiceModule {
  return {
    plugin: function settings(this: Seneca) {
      this.add("$$target:config-server,cmd:get", async (message) => source.get(message))
        .add("$$target:config-server,cmd:list", async () => source.list())
        .add("$$target:config-server,cmd:watch", async function (this: Seneca, message) {
          return source.watch(message, this.signal);
        });
    },
  };
}
