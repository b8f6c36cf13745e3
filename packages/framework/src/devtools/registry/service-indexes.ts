import { firstIndex } from "./write-log.js";

/** When each service and the tables around it last changed, by Consul's rules. */
export interface ServiceIndexes {
  readonly services: number;
  readonly checks: number;
  /** An instance of `name` came or changed. */
  serviceChanged(name: string, index: number): void;
  /** A check of these services changed; a node's check is one of every service on it. */
  checksChanged(names: Iterable<string>, index: number): void;
  /** The last instance of `name` went. */
  serviceVanished(name: string, index: number): void;
  /**
   * The index to answer a query for `name` with. Other services' changes leave it alone as long as `name` is there;
   * without instances it follows the last time that any service vanished, so that it never runs backwards.
   */
  of(name: string): number;
}

export function createServiceIndexes(): ServiceIndexes {
  const byName = new Map<string, number>();
  let services = firstIndex;
  let checks = firstIndex;
  let vanished = 0;
  return {
    get services() {
      return services;
    },
    get checks() {
      return checks;
    },
    serviceChanged(name, index) {
      byName.set(name, index);
      services = index;
    },
    checksChanged(names, index) {
      for (const name of names) byName.set(name, index);
      checks = index;
    },
    serviceVanished(name, index) {
      byName.delete(name);
      services = index;
      vanished = index;
    },
    of: (name) => byName.get(name) ?? (vanished || Math.max(services, checks)),
  };
}
