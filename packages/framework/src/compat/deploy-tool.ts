import { GeneratePM2AppConfig, GeneratePM2DeployConfig } from "../deploy/index.js";

/** 2018's pm2 helpers, usable as `DeployTool.GeneratePM2AppConfig(…)` and on an instance. */
export class DeployTool {
  static readonly GeneratePM2AppConfig = GeneratePM2AppConfig;
  static readonly GeneratePM2DeployConfig = GeneratePM2DeployConfig;
  readonly GeneratePM2AppConfig = GeneratePM2AppConfig;
  readonly GeneratePM2DeployConfig = GeneratePM2DeployConfig;
}
