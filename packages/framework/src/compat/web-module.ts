import { badOption } from "../core/index.js";
import type { SenecaPlugin, SenecaPluginObject } from "../dispatch/index.js";
import type { RouteDefinition, ServiceModule } from "../web/index.js";

export interface WebModuleOptions {
  plugin: SenecaPlugin | SenecaPluginObject;
  routes: RouteDefinition | readonly RouteDefinition[];
  /** Given to the plugin. @default {} */
  options?: unknown;
}

/** A Seneca plugin with its REST routes; `createService` takes it in `modules` as it is. */
export class VastifyWebModule implements ServiceModule {
  readonly plugin: SenecaPlugin | SenecaPluginObject;
  readonly routes: RouteDefinition | readonly RouteDefinition[];
  readonly options: unknown;

  /** @throws VastifyError `invalid_argument`, reason `bad_option`, without plugin or routes */
  constructor({ plugin, routes, options = {} }: WebModuleOptions) {
    if (!plugin) throw badOption("plugin", plugin, "a Seneca plugin");
    if (!routes) throw badOption("routes", routes, "routes in seneca-web's form");
    this.plugin = plugin;
    this.routes = routes;
    this.options = options;
  }
}
