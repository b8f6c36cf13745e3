import { header } from "../generated-file.js";
import type { SystemEdge } from "../system.js";

/** Where an instance of the edge's service serves HTTP. */
export interface EdgeEndpoint {
  readonly host: string;
  readonly port: number;
}

type Tls = NonNullable<SystemEdge["tls"]>;

/**
 * What nginx includes in its `http` block (`conf.d/*.conf`): the living instances, and the servers before them.
 * The same instances give the same text, in whatever order they come.
 * @param systemName names the upstream
 */
export function nginxSite(systemName: string, edge: SystemEdge, endpoints: readonly EdgeEndpoint[]): string {
  const upstream = `${systemName}_${edge.service}`.replaceAll("-", "_");
  const blocks = [
    header("#", "", "`vastify nginx` keeps the list of instances up to date."),
    upstreamBlock(upstream, endpoints.map(addressOf).sort()),
    upgradeMap(upstream),
    ...(edge.tls ? [redirectServer(edge, edge.tls)] : []),
    mainServer(edge, upstream),
  ];
  return blocks.join("\n\n");
}

function upstreamBlock(upstream: string, servers: readonly string[]): string {
  return `upstream ${upstream} {
  # Shared by the workers, so that all know of an instance that fails.
  zone ${upstream} 64k;
  # A failed connection passes an instance over for 5 s, long before Consul's check notices.
${servers.map((server) => `  server ${server} max_fails=1 fail_timeout=5s;`).join("\n")}
  # The instances keep idle connections for 75 s, so it is never they who close one that is about to be used.
  keepalive 64;
  keepalive_timeout 60s;
}`;
}

function upgradeMap(upstream: string): string {
  return `# Upgrades (WebSocket) are handed on; all others share kept connections.
map $http_upgrade $${upstream}_connection {
  default upgrade;
  "" "";
}`;
}

function redirectServer(edge: SystemEdge, { port }: Tls): string {
  return `server {
${listen(edge, edge.httpPort)}
  server_name ${edge.serverNames.join(" ")};
  return 308 https://$host${port === 443 ? "" : `:${port}`}$request_uri;
}`;
}

function mainServer(edge: SystemEdge, upstream: string): string {
  return `server {
${edge.tls ? secured(edge, edge.tls) : listen(edge, edge.httpPort)}
  server_name ${edge.serverNames.join(" ")};

  # The gateway bounds bodies by route, and streams them.
  client_max_body_size 0;
  proxy_request_buffering off;

  location / {
    proxy_pass http://${upstream};
    proxy_http_version 1.1;
    proxy_set_header Host $http_host;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $${upstream}_connection;
    # Replaced, not appended to: what a client claims of itself counts for nothing. The gateway has TRUST_PROXY=1.
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header X-Forwarded-Host $http_host;
    # An instance that refuses, breaks off or says nothing is passed over; only what is safe to repeat is sent again.
    proxy_next_upstream error timeout;
    # One may have died just now while another, that died before, is still listed.
    proxy_next_upstream_tries 3;
    proxy_connect_timeout 2s;
    # Between two reads, not for a whole answer: streams may last.
    proxy_read_timeout 75s;
    proxy_send_timeout 75s;
  }
}
`;
}

function secured(edge: SystemEdge, { port, certificate, key }: Tls): string {
  // `http2 on` is known from nginx 1.25 on; this is known to all.
  return `${listen(edge, port, " ssl http2")}
  ssl_certificate ${certificate};
  ssl_certificate_key ${key};
  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_session_cache shared:vastify:10m;
  ssl_session_timeout 1d;
  # Their key would have to be replaced regularly for past traffic to stay secret.
  ssl_session_tickets off;`;
}

function listen({ ipv6 }: SystemEdge, port: number, how = ""): string {
  return [`  listen ${port}${how};`, ...(ipv6 ? [`  listen [::]:${port}${how};`] : [])].join("\n");
}

function addressOf({ host, port }: EdgeEndpoint): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
