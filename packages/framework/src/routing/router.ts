import semver from "semver";
import { type Addressee, type Call, Deadlines, type Logger, silentLogger, VastifyError } from "../core/index.js";
import type { Directory, Settings } from "../discovery/index.js";
import type { RemoteCaller } from "../dispatch/index.js";
import { circuitOpen, faultFor, policyOf, type RetryPolicy, type TargetPolicy } from "../resilience/index.js";
import type { TransportClient } from "../transport/index.js";
import { Attempt, type AttemptListener, type Destination } from "./attempt.js";
import { type Balance, expectBalance } from "./balance.js";
import { createClock } from "./clock.js";
import { createDocuments } from "./documents.js";
import { type Asked, explainRoute, type RouteExplanation } from "./explain-route.js";
import { injectFault } from "./inject-fault.js";
import { nobodyAnswers } from "./nobody-answers.js";
import type { Peer } from "./peer.js";
import { createPolicyCalls } from "./policy-calls.js";
import { rollBack } from "./roll-back.js";
import { versionsFor } from "./target-routes.js";
import { TargetState } from "./target-state.js";
import { createTargetStates } from "./target-states.js";

export interface RouterOptions {
  /** Who we are: calls to ourselves stay in the process. */
  self: { target: string; version: string };
  directory: Directory;
  transport: TransportClient;
  /** Rules, policies and faults that operators write into Consul's KV. @default none are followed */
  settings?: Settings | undefined;
  /** How calls are spread over instances, unless a target's rules say otherwise. @default "p2c" */
  balance?: Balance | undefined;
  /** Where we are: instances in the same zone are preferred. @default no preference */
  zone?: string | undefined;
  /** How long a new instance takes to get its full share, in milliseconds. @default 10_000 */
  slowStartMs?: number | undefined;
  /** What callers do when a target fails, by target; `*` for all others. Consul's KV has the last word. @default {} */
  policies?: Readonly<Record<string, TargetPolicy>> | undefined;
  /** Whether faults may be injected from Consul's KV: for staging. @default false */
  chaos?: boolean | undefined;
  /** @default Math.random */
  random?: () => number;
  /** @default silentLogger */
  log?: Logger;
}

export interface Router extends RemoteCaller {
  /** How a call would be routed now; it sends nothing. */
  explain(addressee: Addressee, asked: Asked): Promise<RouteExplanation>;
  stop(): void;
}

/**
 * Sends calls to an instance of their `$$target` that satisfies their `$$version`.
 *
 * Its errors: `not_found` reason `no_target`, `unavailable` reason `no_instances`, `no_version` or `circuit_open`,
 * `unimplemented` reason `no_calls`, `resource_exhausted` reason `bulkhead_full`, and whatever the peer or the
 * transport says.
 * @throws VastifyError `invalid_argument`, reason `bad_option`
 */
export function createRouter(options: RouterOptions): Router {
  const { self, directory, transport, settings, zone, slowStartMs = 10_000, random = Math.random } = options;
  const { policies = {}, chaos = false, log = silentLogger } = options;
  const balance = expectBalance("routing.balance", options.balance ?? "p2c");
  const documents = createDocuments({ settings, policies, chaos, log });
  const clock = createClock();
  const stateOf = createTargetStates({
    directory,
    create: (target) => {
      const followed = directory.follow(target);
      return new TargetState({ followed, transport, documents, clock, balance, zone, slowStartMs, random });
    },
    onForget: documents.forget,
  });

  /** Picks an instance and sends the call there. */
  function tryOne(to: Destination, call: Call, number: number, retryIn: RetryPolicy, except?: Peer): Peer | undefined {
    const { state, addressee } = to;
    const { message, headers } = call;
    const now = clock.tick();
    const ask = { message, headers, version: addressee.version, now, except };
    const { routes, chaos } = state;
    const group = routes.choose(ask);
    const peer = group?.balance(ask);
    const line = peer?.line;
    if (!group) {
      call.fail(nobodyAnswers({ ...addressee, version: routes.versionAskedBy(ask) }, state, directory));
      return undefined;
    }
    if (!peer || !line || peer.circuit?.allows() === false) {
      call.fail(circuitOpen(addressee.target));
      return undefined;
    }
    if (number === 1) state.budget.onCall();
    const attempt = new Attempt(listener, to, call, peer, number, retryIn, now);
    const send = () => {
      try {
        line.send(attempt);
      } catch (thrown) {
        attempt.failed(VastifyError.from(thrown));
      }
    };
    const fault = chaos && faultFor(chaos, message, { random });
    if (fault) injectFault(fault, attempt, send);
    else send();
    return peer;
  }

  const listener: AttemptListener = {
    tick: clock.tick,
    ejected({ peer, call }, error) {
      const ms = Math.round(peer.ejectedForMs());
      log.warn(`${peer.instance.id} is passed over for ${ms} ms: ${error.message}`, { tx: call.tx });
    },
    measured({ to: { state }, peer }, latencyMs, failed) {
      const { canary } = state;
      const verdict = canary?.record(peer.instance.version, latencyMs, failed);
      if (canary && verdict) rollBack({ state, rule: canary.rule, verdict, settings, log });
    },
    failed({ to, call, peer, number, retryIn }, error) {
      const waitMs = retryIn(call, error, number);
      if (waitMs === undefined) {
        call.fail(error);
        return;
      }
      // If the call is given up meanwhile, its deadline has said so already.
      setTimeout(() => {
        if (call.outcome === "open") tryOne(to, call, number + 1, retryIn, peer);
      }, waitMs);
    },
  };

  function begin(to: Destination, call: Call, retryIn: RetryPolicy, except?: Peer): Peer | undefined {
    const { followed } = to.state;
    if (followed.instances.length > 0) return tryOne(to, call, 1, retryIn, except);
    // A target that nobody asked about before becomes known with Consul's first answer.
    void followed.known.then(() => call.outcome === "open" && tryOne(to, call, 1, retryIn, except));
    return undefined;
  }

  const policyCalls = createPolicyCalls({ begin, deadlines: new Deadlines() });

  function carry(to: Destination, call: Call): void {
    const { state } = to;
    if (state.isPlain) begin(to, call, state.retryIn);
    else policyCalls.carry(to, call, policyOf(state.policy, call.message));
  }

  return {
    isHere({ target, version }) {
      if (target !== self.target) return false;
      if (version !== undefined) return semver.satisfies(self.version, version);
      const { versions } = stateOf(target).routes;
      const [newest] = versionsFor(semver.rsort([...new Set([...versions, self.version])]), undefined);
      return newest === undefined || newest === self.version;
    },
    send(addressee, call) {
      const state = stateOf(addressee.target);
      const to = { state, addressee };
      state.refresh();
      carry(to, call);
    },
    async explain(addressee, asked) {
      const state = stateOf(addressee.target);
      if (state.followed.instances.length === 0) await state.followed.known;
      return explainRoute(state, addressee, asked, clock.tick());
    },
    stop: documents.stop,
  };
}
