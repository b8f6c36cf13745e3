import semver from "semver";
import { type Addressee, type Call, type Logger, silentLogger, VastifyError } from "../core/index.js";
import type { Directory, FollowedTarget, Instance } from "../discovery/index.js";
import type { RemoteCaller } from "../dispatch/index.js";
import { createRetryPolicy } from "../resilience/index.js";
import type { Outgoing, TransportClient } from "../transport/index.js";
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
  const targets = new Map<string, TargetRoutes>();
  const avoidUntil = new Map<string, number>();
  const retryIn = createRetryPolicy();

  function routesOf(target: string): TargetRoutes {
    const known = targets.get(target);
    if (known && known.instances === known.followed.instances) return known;
    const followed = known?.followed ?? directory.follow(target);
    // Instances are replaced as a whole when one of them changes.
    forgetOld();
    const routes = { followed, instances: followed.instances, picker: createPicker(followed.instances) };
    targets.set(target, routes);
    return routes;
  }

  /** Instances that are gone are asked about no more. */
  function forgetOld(): void {
    const now = performance.now();
    for (const [id, until] of avoidUntil) if (until < now) avoidUntil.delete(id);
  }

  function shouldAvoid(instance: Instance): boolean {
    const until = avoidUntil.get(instance.id);
    if (until === undefined) return false;
    if (performance.now() < until) return true;
    avoidUntil.delete(instance.id);
    return false;
  }

  /** Sends a call to one instance after the other until one answers, or another try would not help. */
  function tryOne(addressee: Addressee, call: Call, attempt: number): void {
    const routes = routesOf(addressee.target);
    const instance = routes.picker.pick(addressee.version, avoidUntil.size === 0 ? nobodyIsAvoided : shouldAvoid);
    if (instance?.endpoint)
      transport.send(instance.endpoint, new Attempt(addressee, call, instance, attempt, onFailure));
    else call.fail(nobody(addressee, routes, directory));
  }

  function onFailure({ addressee, call, instance, number }: Attempt, error: VastifyError): void {
    if (failing.has(error.reason)) {
      if (!shouldAvoid(instance))
        log.warn(`${instance.id} is passed over for ${avoidMs} ms: ${error.message}`, { tx: call.tx });
      avoidUntil.set(instance.id, performance.now() + avoidMs);
    }
    const waitMs = retryIn(call, error, number);
    if (waitMs === undefined) {
      call.fail(error);
      return;
    }
    // If the call is given up meanwhile, its deadline has said so already.
    setTimeout(() => {
      if (call.outcome === "open") tryOne(addressee, call, number + 1);
    }, waitMs);
  }

  return {
    isHere({ target, version }) {
      if (target !== self.target) return false;
      if (version !== undefined) return semver.satisfies(self.version, version);
      const { versions } = routesOf(target).picker;
      return versionsFor(semver.rsort([...new Set([...versions, self.version])]), undefined)[0] === self.version;
    },
    send(addressee, call) {
      const { followed } = routesOf(addressee.target);
      if (followed.instances.length > 0) tryOne(addressee, call, 1);
      // A target that nobody asked about before becomes known with Consul's first answer.
      else void followed.known.then(() => tryOne(addressee, call, 1));
    },
  };
}

const nobodyIsAvoided = (): boolean => false;

/** One try of a call at one instance. */
class Attempt implements Outgoing {
  readonly addressee: Addressee;
  readonly call: Call;
  readonly instance: Instance;
  /** Counted from 1. */
  readonly number: number;
  private readonly onFailure: (attempt: Attempt, error: VastifyError) => void;

  constructor(addressee: Addressee, call: Call, instance: Instance, number: number, onFailure: Attempt["onFailure"]) {
    this.addressee = addressee;
    this.call = call;
    this.instance = instance;
    this.number = number;
    this.onFailure = onFailure;
  }

  failed(error: VastifyError): void {
    this.onFailure(this, error);
  }
}

/** What the router keeps of a target. */
interface TargetRoutes {
  readonly followed: FollowedTarget;
  readonly instances: readonly Instance[];
  readonly picker: Picker;
}

function nobody(
  { target, version }: Addressee,
  { followed, picker }: TargetRoutes,
  directory: Directory,
): VastifyError {
  if (version !== undefined && semver.validRange(version) === null) {
    const text = `$$version of the call to ${target} must be a semver or a range, got ${version}`;
    return new VastifyError("invalid_argument", text, { reason: "bad_version" });
  }
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
