import { createService, runService } from "vastify";
import { readConfig } from "./config.js";
import { configModule } from "./modules/config.js";

await runService(() => {
  const config = readConfig(process.env);
  return createService({ ...config, modules: [configModule(config.version)] });
}, process);
