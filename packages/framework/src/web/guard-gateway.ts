import type { Logger } from "../core/index.js";
import { wantsNothing } from "./access.js";
import { type Auth, type AuthOptions, createAuth } from "./auth/create-auth.js";
import { createClientAddress, type TrustProxy } from "./limits/client-address.js";
import { createLimits } from "./limits/create-limits.js";
import type { LimitOptions } from "./limits/limit-options.js";
import { createSenderOf } from "./limits/sender.js";
import { composeGuards, contractGuard, type RouteGuard } from "./route-guard.js";
import { socketGuard } from "./sockets/socket-guard.js";
import { type ResolvedSocketOptions, resolveSocketOptions, type SocketOptions } from "./sockets/socket-options.js";

/** What stands before a gateway's routes. */
export interface GuardOptions {
  /** Who may use which routes. @default every route is open to everybody, but those whose contracts want roles or scopes */
  auth?: AuthOptions;
  /** How much is taken before it is refused. @default everything */
  limits?: LimitOptions;
  /** Whose `x-forwarded-for` is believed: that of so many proxies in front, or of those addresses. @default 0: nobody's */
  trustProxy?: TrustProxy;
  /** How many WebSockets are carried, and for how long. @default 10,000, with a heartbeat of 30 s */
  sockets?: SocketOptions;
}

export interface GuardSurroundings {
  /** What operators wrote of a consumer, live. */
  consumerDocument(name: string): unknown;
  log: Logger;
}

export interface GatewayGuard {
  readonly guard: RouteGuard;
  readonly sockets: ResolvedSocketOptions;
  /**
   * Stands before each action that one request asks for, when it may ask for several: who may, and how often. How many
   * requests are under way is for `guard` alone.
   */
  readonly callGuard: RouteGuard;
  /** Who may use which routes, to be told to clients; undefined where nobody is asked. */
  readonly security: Pick<Auth, "schemes" | "isOpen"> | undefined;
  start(): void;
  stop(): void;
}

/** @throws VastifyError `invalid_argument`, reason `bad_option`, naming the option */
export function guardGateway(options: GuardOptions, { consumerDocument, log }: GuardSurroundings): GatewayGuard {
  const addressOf = createClientAddress(options.trustProxy ?? 0, "trustProxy");
  const auth = options.auth && createAuth(options.auth, { consumerDocument, log });
  const isOpen = auth?.isOpen ?? (({ access }) => !access || wantsNothing(access));
  const sockets = resolveSocketOptions(options.sockets ?? {}, "sockets");
  const limits = options.limits && createLimits(options.limits, { addressOf, isOpen, log });
  const who = auth?.guard ?? contractGuard;
  return {
    guard: composeGuards([
      ...(limits?.before ?? []),
      who,
      ...(limits?.after ?? []),
      socketGuard(sockets, createSenderOf(addressOf)),
    ]),
    callGuard: composeGuards(limits ? [limits.rates.before, who, limits.rates.after] : [who]),
    sockets,
    security: auth,
    start() {
      if (!auth)
        log.info("without the option auth every route is open, but those whose contracts want roles or scopes");
      limits?.start();
    },
    stop: () => limits?.stop(),
  };
}
