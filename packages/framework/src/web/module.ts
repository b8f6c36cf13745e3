import type { UploadRules } from "../contracts/index.js";
import type { SenecaPlugin, SenecaPluginObject } from "../dispatch/index.js";

/** One action on REST: which methods, under which name. `name: ""` leaves the key out of the path. */
export interface RouteMapping {
  GET?: boolean;
  POST?: boolean;
  PUT?: boolean;
  PATCH?: boolean;
  DELETE?: boolean;
  HEAD?: boolean;
  OPTIONS?: boolean;
  /** The path's part for this action. @default the key in `map` */
  name?: string;
  /** What follows in the path, such as `/:id`. */
  suffix?: string;
  /** The whole path, instead of prefix, name and suffix. */
  alias?: string;
  /** Answers with a redirect to this address. */
  redirect?: string;
  /** Koa middleware of this route, on the service's own http port only. */
  middleware?: unknown;
  /** False when the action answers by itself. @default true */
  autoreply?: boolean;
  /** The body is an upload, which the action reads as a stream: `uploadOf(message)`. @default JSON or a form is read */
  upload?: UploadRules;
}

/** REST routes of a module, in seneca-web's form. */
export interface RouteDefinition {
  /** What every path begins with, such as `/user`. */
  prefix?: string;
  postfix?: string;
  /** The pattern with a `*` where the keys of `map` go, such as `module:user,if:*`. */
  pin: string;
  map: Readonly<Record<string, RouteMapping | boolean>>;
  middleware?: unknown;
}

/** A Seneca plugin with the REST routes of its actions. */
export interface ServiceModule {
  /** @default the plugin's own name */
  name?: string;
  plugin: SenecaPlugin | SenecaPluginObject;
  /** Given to the plugin. */
  options?: unknown;
  routes?: RouteDefinition | readonly RouteDefinition[];
}
