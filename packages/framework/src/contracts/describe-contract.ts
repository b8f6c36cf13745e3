import type { AccessRules, ActionLink, BatchRules, CacheRules, Pattern, ResolvedRestRoute } from "./action.js";
import type { Contract } from "./contract.js";
import { type JsonSchema, jsonSchemaOf } from "./json-schema.js";
import { kindOf, type MessageKind, type MessageShape, type SocketRules } from "./sockets/socket-rules.js";

/** An action of a contract, as others read of it. */
export interface ActionDescription {
  readonly name: string;
  readonly pattern: Pattern;
  readonly access: Required<AccessRules>;
  readonly idempotent: boolean;
  readonly summary?: string | undefined;
  readonly deprecated?: string | undefined;
  readonly timeoutMs?: number | undefined;
  readonly cache?: CacheRules | undefined;
  readonly rest?: ResolvedRestRoute | undefined;
  /** Absent for an action that does not talk over a socket. */
  readonly socket?: SocketDescription | undefined;
  readonly links?: Readonly<Record<string, ActionLink>> | undefined;
  readonly batches?: BatchRules | undefined;
  /** Absent when its schema can't be said in JSON Schema. */
  readonly input?: JsonSchema | undefined;
  /** Absent when its schema can't be said in JSON Schema. */
  readonly output?: JsonSchema | undefined;
}

/** How an action talks with a client, as others read of it. */
export interface SocketDescription {
  readonly receives: MessageDescription;
  readonly sends: MessageDescription;
  readonly maxBytes: number;
}

export interface MessageDescription {
  readonly kind: MessageKind;
  /** Of JSON; absent when its schema can't be said in JSON Schema. */
  readonly schema?: JsonSchema | undefined;
}

export interface EventDescription {
  readonly name: string;
  readonly summary?: string | undefined;
  /** Absent when its schema can't be said in JSON Schema. */
  readonly payload?: JsonSchema | undefined;
}

/** A contract as plain JSON: what a service publishes of itself, and what two versions are compared by. */
export interface ContractDescription {
  readonly target: string;
  readonly version: string;
  readonly actions: readonly ActionDescription[];
  readonly events: readonly EventDescription[];
}

/** Describes what others may use of a contract; private actions are nobody else's business. */
export function describeContract({ target, version, actions, events }: Contract): ContractDescription {
  return withoutUndefined({
    target,
    version,
    actions: Object.values(actions)
      .filter(({ access }) => access.level !== "private")
      .map((action) => ({
        ...action,
        socket: action.socket && describeSocket(action.socket),
        input: jsonSchemaOf(action.input, "input"),
        output: jsonSchemaOf(action.output, "output"),
      })),
    events: Object.values(events).map(({ name, summary, payload }) => ({
      name,
      summary,
      payload: jsonSchemaOf(payload, "output"),
    })),
  });
}

function describeSocket({ receives, sends, maxBytes }: Required<SocketRules>): SocketDescription {
  const describe = (shape: MessageShape, side: "input" | "output") => ({
    kind: kindOf(shape),
    ...(typeof shape !== "string" && { schema: jsonSchemaOf(shape, side) }),
  });
  return { receives: describe(receives, "input"), sends: describe(sends, "output"), maxBytes };
}

/** As it will be read by others: JSON has no `undefined`. */
function withoutUndefined<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value)) as Value;
}
