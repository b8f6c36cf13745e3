import { badOption, type Part, VastifyError } from "../core/index.js";
import { type ConsulOptions, connectConsul, createSettings, type Settings } from "../discovery/index.js";
import { createSettingsDesk, type SettingsDesk } from "./settings-desk.js";

export interface SettingsSourceOptions {
  /** Where Consul is. @default Consul at 127.0.0.1:8500 */
  consul?: ConsulOptions;
  /**
   * The part of Consul's KV that may be read by whoever may call the service: `<prefix><name>` holds one JSON document.
   * Never a part of `vastify/`, which holds what routes, and hashes of API keys. @default "settings/"
   */
  prefix?: string;
}

/** The settings of all services, followed in Consul's KV and told to those who ask: what config-server is made of. */
export interface SettingsSource extends Part, Pick<SettingsDesk, "get" | "list" | "watch"> {}

const prefixShape = /^(\w[\w.-]*\/)+$/;

/** @throws VastifyError `invalid_argument`, reason `bad_option` */
export function settingsSource(options: SettingsSourceOptions = {}): SettingsSource {
  const prefix = expectPrefix(options.prefix ?? "settings/");
  const consul = connectConsul(options.consul);
  let settings: Settings | undefined;
  let desk: SettingsDesk | undefined;

  function started(): SettingsDesk {
    if (desk) return desk;
    throw new VastifyError("unavailable", "the settings are not followed yet", { reason: "settings_unknown" });
  }

  return {
    name: "settings",
    async start({ log }) {
      settings = createSettings({ consul, prefix, log });
      desk = createSettingsDesk({ settings });
      settings.start();
    },
    leave: () => desk?.leave(),
    async stop() {
      desk?.leave();
      await settings?.stop();
      consul.close();
    },
    health: () => ({ ok: true, index: settings?.index, names: settings?.keys.length, unlisted: settings?.unlisted }),
    get: (question) => started().get(question),
    list: () => started().list(),
    watch: async (question, signal) => started().watch(question, signal),
  };
}

function expectPrefix(prefix: string): string {
  if (prefixShape.test(prefix) && !prefix.startsWith("vastify/")) return prefix;
  throw badOption("prefix", prefix, 'a folder of Consul\'s KV such as "settings/", and none of "vastify/"');
}
