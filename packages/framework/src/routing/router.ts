import semver from "semver";
import {
  type Addressee,
  type Call,
  type CallFn,
  composeCalls,
  type Logger,
  silentLogger,
  VastifyError,
} from "../core/index.js";
import type { Directory, FollowedTarget, Instance } from "../discovery/index.js";
import type { RemoteCaller } from "../dispatch/index.js";
import { retry } from "../resilience/index.js";
import type { TransportClient } from "../transport/index.js";
import { createPicker, type Picker, versionsFor } from "./picker.js";

export interface RouterOptions {
  /** Who we are: calls to ourselves stay in the process. */
  self: { target: string; version: string };
  directory: Directory;
  transport: TransportClient;
  /** How long an instance that could not be reached is passed over, in milliseconds. @default 10_000 */
  avoidMs?: number;
  /** @default silentLogger */
  log?: Logger;
}

/** Why an instance is passed over for a while. */
const failing: ReadonlySet<string | undefined> = new Set(["peer_unreachable", "peer_lost", "draining"]);

/**
 * Sends calls to an instance of their `$$target` that satisfies their `$$version`.
 *
 * Its errors: `not_found` reason `no_target`, `unavailable` reason `no_instances` or `no_version`, `unimplemented`
 * reason `no_calls`, and whatever the peer or the transport says.
 */
export function createRouter(options: RouterOptions): RemoteCaller {
  const { self, directory, transport, avoidMs = 10_000, log = silentLogger } = options;
  const targets = new WeakMap<FollowedTarget, TargetRoutes>();
  const avoidUntil = new Map<string, number>();
  const attempts = retry();

  function routesOf(target: string): TargetRoutes {
    const followed = directory.follow(target);
    let routes = targets.get(followed);
    if (!routes) {
      routes = { followed, instances: undefined, picker: createPicker([]), byVersion: new Map() };
      targets.set(followed, routes);
    }
    // Instances are replaced as a whole when one of them changes.
    if (routes.instances !== followed.instances) {
      routes.instances = followed.instances;
      routes.picker = createPicker(followed.instances);
    }
    return routes;
  }

  function shouldAvoid(instance: Instance): boolean {
    if (avoidUntil.size === 0) return false;
    const until = avoidUntil.get(instance.id);
    if (until === undefined) return false;
    if (performance.now() < until) return true;
    avoidUntil.delete(instance.id);
    return false;
  }

  function avoidIfFailing(instance: Instance, thrown: unknown, call: Call): never {
    const error = VastifyError.from(thrown);
    if (failing.has(error.reason)) {
      avoidUntil.set(instance.id, performance.now() + avoidMs);
      log.warn(`${instance.id} is passed over for ${avoidMs} ms: ${error.message}`, { tx: call.tx });
    }
    throw error;
  }

  /** Sends a call to one instance after the other until one answers, or another try would not help. */
  function routeTo(routes: TargetRoutes, addressee: Addressee): CallFn {
    const sendToOne: CallFn = (call) => {
      const instance = routes.picker.pick(addressee.version, shouldAvoid);
      if (!instance?.endpoint) return Promise.reject(nobody(addressee, routes, directory));
      return transport.send(instance.endpoint, call).catch((thrown) => avoidIfFailing(instance, thrown, call));
    };
    return composeCalls([attempts], sendToOne);
  }

  return {
    isHere({ target, version }) {
      if (target !== self.target) return false;
      if (version !== undefined) return semver.satisfies(self.version, version);
      const { versions } = routesOf(target).picker;
      return versionsFor(semver.rsort([...new Set([...versions, self.version])]), undefined)[0] === self.version;
    },
    call(addressee, call) {
      const { target, version } = addressee;
      const routes = routesOf(target);
      let route = routes.byVersion.get(version);
      if (!route) {
        expectRange(addressee);
        route = routeTo(routes, addressee);
        routes.byVersion.set(version, route);
      }
      if (routes.followed.instances.length > 0) return route(call);
      const first = route;
      return answeredOrAborted(routes.followed, call.signal).then(() => {
        routesOf(target);
        return first(call);
      });
    },
  };
}

/** What the router keeps of a target. */
interface TargetRoutes {
  readonly followed: FollowedTarget;
  instances: readonly Instance[] | undefined;
  picker: Picker;
  /** By what callers ask for: there are few such texts. */
  readonly byVersion: Map<string | undefined, CallFn>;
}

function expectRange({ target, version }: Addressee): void {
  if (version === undefined || semver.validRange(version) !== null) return;
  throw new VastifyError(
    "invalid_argument",
    `$$version of the call to ${target} must be a semver or a range, got ${version}`,
    {
      reason: "bad_version",
    },
  );
}

function nobody(
  { target, version }: Addressee,
  { followed, picker }: TargetRoutes,
  directory: Directory,
): VastifyError {
  if (picker.versions.length > 0) {
    const alive = picker.versions.join(", ");
    return new VastifyError("unavailable", `no instance of ${target} satisfies version ${version}; alive: ${alive}`, {
      reason: "no_version",
      details: { target, version, alive: picker.versions },
    });
  }
  if (followed.instances.length > 0) {
    return new VastifyError("unimplemented", `${target} answers no calls: it has no microservice port`, {
      reason: "no_calls",
    });
  }
  if (!directory.isKnown(target)) {
    return new VastifyError("not_found", `no service named ${target} is registered`, {
      reason: "no_target",
      details: { target },
    });
  }
  return new VastifyError("unavailable", `no instance of ${target} is alive`, {
    reason: "no_instances",
    details: { target },
  });
}

/** A target that nobody asked about before becomes known with Consul's first answer. */
async function answeredOrAborted(followed: FollowedTarget, signal: AbortSignal): Promise<void> {
  let stop: () => void = () => {};
  const aborted = new Promise<void>((resolve) => {
    stop = resolve;
    signal.addEventListener("abort", stop, { once: true });
  });
  await Promise.race([followed.known, aborted]);
  signal.removeEventListener("abort", stop);
}
