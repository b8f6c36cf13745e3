import type { GeneratedFile } from "../generated-file.js";
import { nginxSite } from "../nginx/nginx-site.js";
import type { System } from "../system.js";

/** The site of compose's nginx, which finds the edge's service by its name; without an edge there is none. */
export function nginxFile({ name, edge, services }: System): readonly GeneratedFile[] {
  const service = edge && services[edge.service];
  if (!edge || !service) return [];
  const text = nginxSite(name, edge, [{ host: edge.service, port: service.httpPort }]);
  return [{ path: "deploy/nginx/site.conf", text }];
}
