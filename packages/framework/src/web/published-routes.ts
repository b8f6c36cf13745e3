import { z } from "zod";

/** A route that a service publishes: what the gateway needs to serve it. */
export interface PublishedRoute {
  readonly method: string;
  /** With `:name` for parameters. */
  readonly path: string;
  /** The keys that choose the action. */
  readonly message: Readonly<Record<string, unknown>>;
}

const routeShape = z.object({
  method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]),
  path: z.string().startsWith("/").max(1024),
  message: z.record(z.string(), z.unknown()),
});

const descriptionShape = z.object({ routes: z.array(z.unknown()) });

/** The routes in what a service says of itself; those that are no routes are left out and named in `problems`. */
export function readPublishedRoutes(description: unknown): { routes: PublishedRoute[]; problems: string[] } {
  const parsed = descriptionShape.safeParse(description);
  if (!parsed.success) return { routes: [], problems: ["its description has no list of routes"] };
  const routes: PublishedRoute[] = [];
  const problems: string[] = [];
  parsed.data.routes.forEach((candidate, index) => {
    const route = routeShape.safeParse(candidate);
    if (route.success) routes.push(route.data);
    else problems.push(`route ${index} has a bad ${route.error.issues[0]?.path.join(".") || "shape"}`);
  });
  return { routes, problems };
}
