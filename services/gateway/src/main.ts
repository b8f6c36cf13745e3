import { createGateway, runService } from "vastify";
import { readConfig } from "./config.js";

await runService(() => createGateway(readConfig(process.env)), process);
