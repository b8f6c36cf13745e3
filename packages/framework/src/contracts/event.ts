import type { Schema } from "./schema.js";

/** An event as a contract's author declares it. */
export interface EventDeclaration<Payload extends Schema = Schema> {
  /** What it is published as, such as `user.created`. */
  readonly name: string;
  readonly payload: Payload;
  /** When it is published, in a sentence. */
  readonly summary?: string;
  /** Tags whose cached outputs it makes untrue, such as `user:{id}`, by fields of its payload. @default none */
  readonly forgets?: readonly string[];
}

/** An event of a contract: what happened at a target, for whoever listens. */
export interface ContractEvent<Payload extends Schema = Schema> extends EventDeclaration<Payload> {
  /** The service that publishes it. */
  readonly target: string;
  /** Of the contract. */
  readonly version: string;
}

/** Declares an event of a contract; the contract adds target and version. */
export function defineEvent<Payload extends Schema>(declaration: EventDeclaration<Payload>): EventDeclaration<Payload> {
  return declaration;
}
