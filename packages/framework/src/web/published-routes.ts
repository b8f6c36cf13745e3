import { z } from "zod";
import {
  type AccessRules,
  type ActionDescription,
  accessShape,
  type MessageKind,
  readDescription,
  socketShape,
  type UploadRules,
  uploadShape,
} from "../contracts/index.js";

/** A route that a service publishes: what the gateway needs to serve it. */
export interface PublishedRoute {
  readonly method: string;
  /** With `:name` for parameters. */
  readonly path: string;
  /** The keys that choose the action. */
  readonly message: Readonly<Record<string, unknown>>;
  /** The action of a contract that it leads to; it says the rest, too. */
  readonly action?: string | undefined;
  /** Who may use it. @default everybody */
  readonly access?: Required<AccessRules> | undefined;
  /** Whether a request may be tried again elsewhere. @default as its method says */
  readonly idempotent?: boolean | undefined;
  /** How long an answer may take, in milliseconds. @default the gateway's `timeoutMs` */
  readonly timeoutMs?: number | undefined;
  /** The status of an answer. @default 200, or 204 for an empty one */
  readonly status?: number | undefined;
  /** How its body is taken as a stream. @default it is JSON or a form, and read before */
  readonly upload?: Required<UploadRules> | undefined;
  /** How it talks over a WebSocket. @default it answers requests */
  readonly socket?: SocketRoute | undefined;
}

/** How a route's messages are carried between a client's WebSocket and its action. */
export interface SocketRoute {
  /** What the client's messages are. */
  readonly receives: MessageKind;
  /** What the action's messages are. */
  readonly sends: MessageKind;
  /** The largest of either side, in bytes. */
  readonly maxBytes: number;
}

/** A published route with what its contract says of the action; untyped without. */
export interface DescribedRoute extends PublishedRoute {
  readonly described?: ActionDescription | undefined;
}

const routeShape = z.object({
  method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]),
  path: z.string().startsWith("/").max(1024),
  message: z.record(z.string(), z.unknown()),
  action: z.string().optional(),
  access: accessShape.optional(),
  idempotent: z.boolean().optional(),
  timeoutMs: z.number().positive().optional(),
  status: z.int().min(200).max(299).optional(),
  upload: uploadShape.optional(),
  socket: socketShape.optional(),
});

const descriptionShape = z.object({ routes: z.array(z.unknown()) });

/** What could be read of a service's routes, and of the actions of its contracts. */
export interface ReadRoutes {
  readonly routes: readonly DescribedRoute[];
  readonly actions: readonly ActionDescription[];
  readonly problems: readonly string[];
}

/** The routes in what a service says of itself; those that are no routes are left out and named in `problems`. */
export function readPublishedRoutes(description: unknown): ReadRoutes {
  const parsed = descriptionShape.safeParse(description);
  if (!parsed.success) return { routes: [], actions: [], problems: ["its description has no list of routes"] };
  const { actions, problems: unread } = readDescription(description);
  const byName = new Map(actions.map((action) => [action.name, action]));
  const routes: DescribedRoute[] = [];
  const problems = [...unread];
  parsed.data.routes.forEach((candidate, index) => {
    const route = routeShape.safeParse(candidate);
    if (route.success) routes.push({ ...route.data, described: byName.get(route.data.action ?? "") });
    else problems.push(`route ${index} has a bad ${route.error.issues[0]?.path.join(".") || "shape"}`);
  });
  return { routes, actions, problems };
}
