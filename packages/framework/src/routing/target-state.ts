import { isDeepStrictEqual } from "node:util";
import type { FollowedTarget, Instance } from "../discovery/index.js";
import {
  type Chaos,
  type CircuitOptions,
  createCircuit,
  createEjection,
  createRetryBudget,
  createRetryPolicy,
  type ResolvedTargetPolicy,
  type RetryBudget,
  type RetryPolicy,
} from "../resilience/index.js";
import type { TransportClient } from "../transport/index.js";
import type { Balance } from "./balance.js";
import { type CanaryWatch, createCanaryWatch } from "./canary-watch.js";
import type { Clock } from "./clock.js";
import type { Documents } from "./documents.js";
import { Peer } from "./peer.js";
import type { RouteRules } from "./route-rules.js";
import { createTargetRoutes, type TargetRoutes } from "./target-routes.js";

export interface TargetStateOptions {
  readonly followed: FollowedTarget;
  readonly transport: TransportClient;
  readonly documents: Documents;
  readonly clock: Clock;
  readonly balance: Balance;
  readonly zone: string | undefined;
  readonly slowStartMs: number;
  readonly random: () => number;
}

/** What the router keeps of one target: how it is routed now, and what was seen of its instances so far. */
export class TargetState {
  readonly followed: FollowedTarget;
  policy!: ResolvedTargetPolicy;
  /** Whether the policy asks for nothing but retries, so that calls need no more care. */
  isPlain = true;
  chaos: Chaos | undefined;
  budget!: RetryBudget;
  retryIn!: RetryPolicy;
  canary: CanaryWatch | undefined;
  private readonly options: TargetStateOptions;
  private readonly peers = new Map<string, Peer>();
  private instances: readonly Instance[] | undefined;
  private revision = -1;
  private table!: TargetRoutes;
  /** Rules whose canary this process has taken back, and what stands for them until Consul shows the new ones. */
  private takenBack: { readonly from: RouteRules; readonly rules: RouteRules } | undefined;

  constructor(options: TargetStateOptions) {
    this.options = options;
    this.followed = options.followed;
  }

  get target(): string {
    return this.followed.target;
  }

  /** How calls are routed as of now. */
  get routes(): TargetRoutes {
    this.refresh();
    return this.table;
  }

  /** Takes up what has changed since. */
  refresh(): void {
    if (this.instances !== this.followed.instances || this.revision !== this.options.documents.revision) this.rebuild();
  }

  /** Whether one more instance may be passed over for answering badly: never more than half of them. */
  mayEject(): boolean {
    let out = 1;
    for (const peer of this.peers.values()) if (peer.isEjected) out += 1;
    return out * 2 <= this.peers.size;
  }

  /** The canary gets no more calls from here. */
  takeBack(canary: string): void {
    const from = this.options.documents.rulesOf(this.target);
    this.takenBack = { from, rules: { ...from, weights: { ...from.weights, [canary]: 0 } } };
    this.revision = -1;
    this.canary = undefined;
  }

  /** The same routes, to be asked without taking anybody's turn. */
  copyOfRoutes(): TargetRoutes {
    const { target, rules } = this.routes;
    return createTargetRoutes({ ...this.options, target, rules, peers: this.allPeers() });
  }

  /** Of all instances alive, whatever their version. */
  allPeers(): readonly Peer[] {
    return [...this.peers.values()];
  }

  private rebuild(): void {
    const { documents, followed } = this.options;
    const { target } = followed;
    this.revision = documents.revision;
    this.adopt(documents.policyOf(target));
    this.follow(followed.instances);
    const written = documents.rulesOf(target);
    if (this.takenBack?.from !== written) this.takenBack = undefined;
    const rules = this.takenBack?.rules ?? written;
    this.chaos = documents.chaosOf(target);
    this.canary = this.watchCanary(rules);
    this.table = createTargetRoutes({ ...this.options, target, rules, peers: this.allPeers() });
  }

  private adopt(policy: ResolvedTargetPolicy): void {
    const before: ResolvedTargetPolicy | undefined = this.policy;
    if (policy === before) return;
    const { clock, random } = this.options;
    this.policy = policy;
    this.isPlain = policy.actions.length === 0 && asksForNothing(policy);
    this.budget = createRetryBudget(policy.retryBudget, clock.now);
    this.retryIn = createRetryPolicy({ ...policy.retry, budget: this.budget, random });
    if (isDeepStrictEqual(policy.circuit, before?.circuit)) return;
    for (const peer of this.peers.values()) peer.circuit = this.newCircuit(policy.circuit);
  }

  private newCircuit(options: CircuitOptions | undefined) {
    return options && createCircuit(options, this.options.clock.now, this.options.random);
  }

  private follow(instances: readonly Instance[]): void {
    const now = this.options.clock.tick();
    const isFirst = this.instances === undefined || this.instances.length === 0;
    const alive = new Set(instances.map(({ id }) => id));
    for (const id of this.peers.keys()) if (!alive.has(id)) this.peers.delete(id);
    for (const instance of instances) {
      const { endpoint } = instance;
      let peer = this.peers.get(instance.id);
      if (!peer || !isSamePlace(peer.instance, instance)) {
        peer = this.newPeer(instance, isFirst ? Number.NEGATIVE_INFINITY : now);
        this.peers.set(instance.id, peer);
      }
      peer.instance = instance;
      peer.line = endpoint ? this.options.transport.to(endpoint) : undefined;
    }
    Peer.layOut(this.allPeers());
    this.instances = instances;
  }

  private newPeer(instance: Instance, joinedAt: number): Peer {
    return new Peer({
      instance,
      ejection: createEjection({}, this.options.clock.now),
      circuit: this.newCircuit(this.policy.circuit),
      joinedAt,
    });
  }

  private watchCanary(rules: RouteRules): CanaryWatch | undefined {
    const { rollback } = rules;
    if (rollback === undefined || !rules.weights?.[rollback.canary]) return undefined;
    return this.canary?.rule === rollback ? this.canary : createCanaryWatch(rollback, this.options.clock.now);
  }
}

function asksForNothing({ timeoutMs, idempotent, hedge, fallback, bulkhead }: ResolvedTargetPolicy): boolean {
  return !(timeoutMs || idempotent || hedge || fallback || bulkhead);
}

function isSamePlace(a: Instance, b: Instance): boolean {
  return (
    a.endpoint?.host === b.endpoint?.host &&
    a.endpoint?.port === b.endpoint?.port &&
    a.endpoint?.queue === b.endpoint?.queue &&
    a.version === b.version
  );
}
