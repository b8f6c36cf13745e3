import { createService, runService } from "vastify";
import { readConfig } from "./config.js";
import { configActions, configModule } from "./modules/config.js";

await runService(() => {
  const config = readConfig(process.env);
  return createService({ ...config, contracts: [configActions(config.version)], modules: [configModule] });
}, process);
