import type { noInput, noOutput, Schema } from "./schema.js";
import type { ResolvedSocket, SocketRules } from "./sockets/socket-rules.js";
import type { UploadRules } from "./upload-rules.js";

/** The keys of a message that choose an action, as Seneca matches them. */
export type Pattern = Readonly<Record<string, string | number | boolean>>;

export type RestMethod = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** The REST route of an action. */
export interface RestRoute {
  readonly method: RestMethod;
  /** Such as `/user/:id`; each parameter is a field of the input. */
  readonly path: string;
  /** The status of an answer. @default 200, or 204 for an action without output */
  readonly status?: number;
  /**
   * The body is an upload, which the action reads as a stream: `context.upload`. Its input comes from path and query.
   * @default JSON or a form is read, and its fields are the input's
   */
  readonly upload?: UploadRules;
}

/** The REST route of an action, complete. */
export interface ResolvedRestRoute extends Required<Omit<RestRoute, "upload">> {
  readonly upload?: Required<UploadRules>;
}

export type AccessLevel = "private" | "internal" | "public";

/** What a client must be to use a public action. */
export interface AccessRules {
  readonly level: AccessLevel;
  /** One of these is needed. @default none */
  readonly roles?: readonly string[];
  /** All of these are needed. @default none */
  readonly scopes?: readonly string[];
}

/**
 * An output that is used again for a while, where the service has a cache. It must be plain JSON that depends on the
 * input alone: not on who asks, on headers or on the time.
 */
export interface CacheRules {
  /** How long it may be used again, in milliseconds. */
  readonly ttlMs: number;
  /** The fields of the input that it depends on. @default all */
  readonly keys?: readonly string[];
  /** What makes it be forgotten, such as `user:{id}`; `{id}` stands for that field of the input. @default nothing */
  readonly tags?: readonly string[];
}

/** How an object leads to another: by what action it is found, given which of the object's fields. */
export interface ActionLink {
  readonly target: string;
  /** As its contract names it: a public one that only reads. */
  readonly action: string;
  /** By field of that action's input, the field of the object that has its value. */
  readonly input: Readonly<Record<string, string>>;
}

/**
 * Makes this action stand for many calls of another that finds one thing by one field: it takes a list of what would
 * be asked for one by one, and gives a list, in any order, of what there is.
 */
export interface BatchRules {
  /** The action of the same contract that finds one. */
  readonly action: string;
  /** The field of the other's input, and of each object in the output, that tells them apart. */
  readonly by: string;
  /** The field of the input that lists them; its `maxItems` bounds how many go together. */
  readonly keys: string;
}

/** An action as a contract's author declares it. */
export interface ActionDeclaration<
  Input extends Schema = Schema,
  Output extends Schema = Schema,
  Socket extends SocketRules | undefined = SocketRules | undefined,
> {
  /** What it does, in a sentence. */
  readonly summary?: string;
  /** @default `{ action: <its name> }` */
  readonly pattern?: Pattern;
  /** An object with the fields that stand in a message besides the pattern. @default no fields */
  readonly input?: Input;
  /** What crosses to the caller: JSON, and bytes. @default nothing */
  readonly output?: Output;
  /**
   * Who may call it: this process (`private`), services (`internal`), or the gateway's clients too (`public`).
   * @default "internal"
   */
  readonly access?: AccessLevel | AccessRules;
  /** Only with access `public`. @default none */
  readonly rest?: RestRoute;
  /**
   * Its GET route is taken by WebSockets: instead of giving an output it talks with the client. @default it does not
   */
  readonly socket?: Socket;
  /** Whether it may be carried out twice without harm, so that callers may try it again. @default true with a GET route */
  readonly idempotent?: boolean;
  /** How long any call of it may take, in milliseconds. @default the service's `timeoutMs` */
  readonly timeoutMs?: number;
  /** Only for an idempotent action with an output. @default never */
  readonly cache?: CacheRules;
  /** Tags whose cached outputs are forgotten once it has run, such as `user:{id}`. @default none */
  readonly forgets?: readonly string[];
  /** Where the objects that it gives lead, by name: in GraphQL they have these fields too. @default nowhere */
  readonly links?: Readonly<Record<string, ActionLink>>;
  /** Whose calls it takes together when a gateway has several of them to make. @default nobody's */
  readonly batches?: BatchRules;
  /** Why callers should move on, and to what. @default not deprecated */
  readonly deprecated?: string;
}

/** An action of a contract, complete. */
export interface ContractAction<
  Input extends Schema = Schema,
  Output extends Schema = Schema,
  Socket extends SocketRules | undefined = SocketRules | undefined,
> {
  /** Its name in the contract. */
  readonly name: string;
  readonly summary: string | undefined;
  readonly pattern: Pattern;
  readonly input: Input;
  readonly output: Output;
  readonly access: Required<AccessRules>;
  readonly rest: ResolvedRestRoute | undefined;
  readonly socket: ResolvedSocket<Socket>;
  readonly idempotent: boolean;
  readonly timeoutMs: number | undefined;
  readonly cache: CacheRules | undefined;
  readonly forgets: readonly string[] | undefined;
  readonly links: Readonly<Record<string, ActionLink>> | undefined;
  readonly batches: BatchRules | undefined;
  readonly deprecated: string | undefined;
}

/**
 * Declares an action of a contract; it only tells the compiler what the schemas say.
 *
 * `NoInfer`: else the place where it stands, which takes any schemas, would stand in for those that are left out.
 */
export function defineAction<
  Input extends Schema = typeof noInput,
  Output extends Schema = typeof noOutput,
  Socket extends SocketRules | undefined = undefined,
>(
  declaration: ActionDeclaration<Input, Output, Socket>,
): ActionDeclaration<NoInfer<Input>, NoInfer<Output>, NoInfer<Socket>> {
  return declaration;
}
