import type { SenecaPluginObject } from "../dispatch/index.js";
import type { ServiceModule } from "../web/index.js";

/** The modules as plugins whose actions are exposed. Those of one name would replace each other in Seneca, so a second one gets a number. */
export function modulePlugins(
  modules: readonly ServiceModule[],
  expose: (name: string) => void,
): { plugin: SenecaPluginObject; options: unknown }[] {
  const taken = new Set<string>();
  return modules.map(({ name, plugin, options }, index) => {
    const wanted = (name ?? plugin.name) || `module${index}`;
    const unique = taken.has(wanted) ? `${wanted}-${index}` : wanted;
    taken.add(unique);
    expose(unique);
    const object = typeof plugin === "function" ? { ...plugin, define: plugin } : plugin;
    return { plugin: { ...object, name: unique }, options };
  });
}
