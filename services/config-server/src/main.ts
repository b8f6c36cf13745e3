import { createService, runService, settingsSource } from "vastify";
import { readConfig } from "./config.js";
import { configActions, configModule } from "./modules/config.js";
import { settingsModule } from "./modules/settings.js";

await runService(() => {
  const config = readConfig(process.env);
  const settings = config.dns ? undefined : settingsSource({ consul: config.consul });
  return createService({
    ...config,
    parts: settings ? [settings] : [],
    contracts: [configActions(config.version)],
    modules: [configModule, settingsModule(settings)],
  });
}, process);
