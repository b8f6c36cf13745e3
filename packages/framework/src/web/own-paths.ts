/** What every gateway answers itself, whatever routes services publish. */
export const ownPaths = {
  health: "/health",
  alive: "/health/live",
  openApi: "/openapi.json",
  docs: "/docs",
} as const;

const all: readonly string[] = Object.values(ownPaths);

/** Whether a path is one of the gateway's own, or below one. */
export function isOwnPath(path: string): boolean {
  return all.some((own) => path.startsWith(own) && (path.length === own.length || path[own.length] === "/"));
}
