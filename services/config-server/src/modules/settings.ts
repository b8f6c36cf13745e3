import { type Message, type Seneca, type ServiceModule, type SettingsSource, VastifyError } from "vastify";

/**
 * Tells services their live settings: `get` and `list` at once, `watch` when they change. No route leads here: settings
 * are for services.
 * @param source undefined where there is no Consul that settings could stand in
 */
export function settingsModule(source: SettingsSource | undefined): ServiceModule {
  function known(): SettingsSource {
    if (source) return source;
    throw new VastifyError("failed_precondition", "there are no live settings, since there is no Consul", {
      reason: "no_registry",
    });
  }
  return {
    plugin: function settings(this: Seneca) {
      this.add("$$target:config-server,cmd:get", async (message: Message) => known().get(message))
        .add("$$target:config-server,cmd:list", async () => known().list())
        .add("$$target:config-server,cmd:watch", async function (this: Seneca, message: Message) {
          return known().watch(message, this.signal);
        });
    },
  };
}
