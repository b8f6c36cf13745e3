import type { Caller, CallerOptions, Contract } from "../contracts/index.js";
import type { Logger, Message, Part } from "../core/index.js";
import type { Directory, Settings } from "../discovery/index.js";
import type { ActOptions, Seneca, SenecaAction } from "../dispatch/index.js";
import type { TransportClient } from "../transport/index.js";
import type { createKoaApp, Edge, PlainServer } from "../web/index.js";
import type { ExplainOptions, Explanation } from "./explanation.js";

export interface Service {
  readonly name: string;
  readonly version: string;
  /** `name@uuid`: this process, as Consul knows it. */
  readonly instance: string;
  /** The Seneca instance, for authors who want the whole of it. */
  readonly seneca: Seneca;
  readonly log: Logger;
  /** Adds an action that peers may call; `private$: true` in the pattern keeps it to this process. */
  add(pattern: string | Message, action: SenecaAction): void;
  /**
   * Calls an action: here, or in the service that `$$target` and `$$version` name.
   * @throws VastifyError with the code and reason of what went wrong: docs/reference/errors.md
   */
  act(message: Message, options?: ActOptions): Promise<unknown>;
  /**
   * The actions of a contract as functions, typed by its schemas.
   *
   * Each throws what `act` throws, and `invalid_argument` reason `bad_input` for what the target's schema refuses.
   */
  caller<C extends Contract>(contract: C): Caller<C, ServiceCallerOptions>;
  /**
   * Why a call would go where it goes: the action that matches and those it replaced, or the instances of the target
   * with what speaks for and against each. Nothing is sent.
   * @throws VastifyError `invalid_argument`, reason `bad_target` or `bad_version`
   */
  explain(message: Message, options?: ExplainOptions): Promise<Explanation>;
  /**
   * Starts parts, loads modules, listens, and registers in Consul once everything answers. A failed start undoes
   * what it began.
   * @throws VastifyError such as `failed_precondition`, reason `port_taken`
   */
  start(): Promise<void>;
  /** Leaves Consul, lets callers notice, finishes what is in flight, and releases everything. Safe to call twice. */
  stop(): Promise<void>;
  /** Where this process listens, once started; the port that a cluster's workers share is not among them. */
  readonly addresses: { readonly http?: string; readonly microservice?: string };
}

/** How one call of a contract's action is made. */
export interface ServiceCallerOptions extends CallerOptions, Omit<ActOptions, "idempotent" | "timeoutMs"> {}

/** What the gateway adds to a service; internal to this room. */
export interface ServiceExtension {
  /** What is done to every answer, `/health` too. */
  readonly edge: Edge;
  /** Middleware that serves after `/health` and before the modules' routes. */
  readonly middleware: readonly Parameters<ReturnType<typeof createKoaApp>["use"]>[0][];
  /** What is answered before Koa sees it; the rest it leaves. */
  readonly plain: PlainServer;
  readonly part: Part;
}
export type Extend = (inner: {
  directory: Directory;
  transport: TransportClient;
  settings: Settings;
  act: Service["act"];
  log: Logger;
}) => ServiceExtension;
