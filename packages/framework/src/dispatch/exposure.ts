import type { Message } from "../core/index.js";
import type { AuthoredHandler } from "./action-handlers.js";
import type { ActionDefinition, Seneca } from "./seneca-types.js";

/** Which actions peers may call. */
export interface Exposure {
  has(definition: ActionDefinition): boolean;
  /** Peers may call what the plugin of this name adds. */
  add(pluginName: string): void;
  list(): Message[];
}

const internalKeys: ReadonlySet<string> = new Set(["init", "sys", "hook"]);
const internalRoles: ReadonlySet<unknown> = new Set(["seneca", "transport", "web", "options", "plugin", "mem-store"]);

/**
 * Closed by default: open are the actions that the service's authors added by themselves or by their own modules.
 * Seneca's internals, third-party plugins and patterns marked `private$` stay closed.
 */
export function createExposure(seneca: Seneca, authored: WeakMap<object, AuthoredHandler>): Exposure {
  const plugins = new Set<string | undefined>(["root$", undefined]);
  let known = new WeakMap<ActionDefinition, boolean>();

  function isOpen({ func, plugin_fullname: plugin, raw = {} }: ActionDefinition): boolean {
    if (!authored.has(func as object) || !plugins.has(plugin)) return false;
    if (raw.private$ === true || internalRoles.has(raw.role)) return false;
    return !Object.keys(raw).some((key) => internalKeys.has(key));
  }

  function has(definition: ActionDefinition): boolean {
    let open = known.get(definition);
    if (open === undefined) {
      open = isOpen(definition);
      known.set(definition, open);
    }
    return open;
  }

  return {
    has,
    add(pluginName) {
      plugins.add(pluginName);
      known = new WeakMap();
    },
    list() {
      return seneca.list().filter((pattern) => {
        const definition = seneca.find(pattern, { exact: true });
        return definition !== undefined && !definition.client && has(definition);
      });
    },
  };
}
