import { type GeneratedFile, header } from "../generated-file.js";
import { productionVariablesOf } from "../service-variables.js";
import type { Need, System, SystemEdge } from "../system.js";
import { addressVariables } from "../variables.js";
import { block, quoted } from "../yaml.js";

interface Server {
  readonly address: string;
  readonly lines: readonly string[];
}

/** One of each, for one machine; a cluster of them is a matter of its own. */
const consul = [
  "consul:",
  "  image: hashicorp/consul:1.20",
  '  command: ["agent", "-server", "-bootstrap-expect=1", "-client=0.0.0.0", "-ui"]',
  "  volumes: [consul-data:/consul/data]",
  "  healthcheck:",
  '    test: ["CMD", "consul", "operator", "raft", "list-peers"]',
  "    interval: 5s",
  "  restart: unless-stopped",
];

const servers: Readonly<Record<Need, Server>> = {
  mongodb: {
    address: "mongodb://mongodb:27017/SYSTEM",
    lines: [
      "mongodb:",
      "  image: mongo:8.0",
      "  volumes: [mongodb-data:/data/db]",
      "  healthcheck:",
      '    test: ["CMD", "mongosh", "--quiet", "--eval", "db.runCommand({ ping: 1 })"]',
      "    interval: 5s",
      "  restart: unless-stopped",
    ],
  },
  rabbitmq: {
    address: "amqp://rabbitmq:5672",
    lines: [
      "rabbitmq:",
      "  image: rabbitmq:4.1-management",
      "  # Its data belongs to its host name.",
      "  hostname: rabbitmq",
      "  volumes: [rabbitmq-data:/var/lib/rabbitmq]",
      "  healthcheck:",
      '    test: ["CMD", "rabbitmq-diagnostics", "--quiet", "check_port_connectivity"]',
      "    interval: 10s",
      "  restart: unless-stopped",
    ],
  },
  redis: {
    address: "redis://redis:6379",
    lines: [
      "redis:",
      "  image: redis:8.2",
      "  # A cache: what it loses is loaded again.",
      '  command: ["redis-server", "--save", "", "--appendonly", "no"]',
      "  healthcheck:",
      '    test: ["CMD", "redis-cli", "ping"]',
      "    interval: 5s",
      "  restart: unless-stopped",
    ],
  },
};

/** The whole system on one machine, with the servers that it needs. */
export function composeFile(system: System): GeneratedFile {
  const needs = [...new Set(Object.values(system.services).flatMap((service) => service.needs))].sort();
  const volumes = ["consul", ...needs.filter((need) => need !== "redis")];
  const blocks = [
    ...Object.keys(system.services).map((name) => serviceLines(system, name)),
    ...(system.edge ? [nginxLines(system.edge)] : []),
    consul,
    ...needs.map((need) => servers[need].lines),
  ];
  const text = `${header("#", "", "docker compose --file deploy/compose.yaml up --build --wait")}
name: ${system.name}

services:
${blocks.map((lines) => block(lines, 2)).join("\n\n")}

volumes:
${block(
  volumes.map((name) => `${name}-data:`),
  2,
)}
`;
  return { path: "deploy/compose.yaml", text };
}

/** The services know the same defaults. */
const usualDrain = { noticeMs: 1_000, graceMs: 10_000 };

function serviceLines(system: System, name: string): string[] {
  const service = system.services[name] as System["services"][string];
  const { values, secrets, optional, drain } = productionVariablesOf(system, name);
  const { noticeMs, graceMs } = { ...usualDrain, ...drain };
  const addresses = service.needs.map((need) => [addressVariables[need], addressOf(need, system.name)] as const);
  const local = new Set(addresses.map(([variable]) => variable));
  const environment = [
    "CONSUL_HTTP_ADDR: consul:8500",
    ...addresses.map(([variable, address]) => overridable(variable, address)),
    ...Object.entries(values).map(([variable, value]) => overridable(variable, value)),
    ...[...secrets.filter((variable) => !local.has(variable)), ...optional].map((variable) => `${variable}:`),
  ];
  return [
    `${name}:`,
    `  image: ${system.name}/${name}:${service.version}`,
    `  build: { context: .., dockerfile: deploy/Dockerfile, target: ${name} }`,
    "  # It registers by its container's name, which the others and Consul resolve.",
    "  environment:",
    ...environment.map((line) => `    ${line}`),
    "  depends_on:",
    ...["consul", ...service.needs].map((other) => `    ${other}: { condition: service_healthy }`),
    ...(service.instances === 1 || service.instances === "max" ? [] : [`  deploy: { replicas: ${service.instances} }`]),
    "  read_only: true",
    "  tmpfs: [/tmp]",
    "  security_opt: [no-new-privileges:true]",
    "  cap_drop: [ALL]",
    `  mem_limit: ${service.maxMemoryMb}m`,
    `  # Callers notice (${noticeMs / 1_000} s), then requests in flight finish (${graceMs / 1_000} s), then its parts end.`,
    `  stop_grace_period: ${Math.ceil((noticeMs + graceMs) / 1_000) + 4}s`,
    "  restart: unless-stopped",
  ];
}

function nginxLines({ service, httpPort, tls }: SystemEdge): string[] {
  const ports = [httpPort, ...(tls ? [tls.port] : [])].map((port) => quoted(`${port}:${port}`));
  return [
    "nginx:",
    "  image: nginx:1.28",
    `  ports: [${ports.join(", ")}]`,
    "  volumes:",
    "    - ./nginx/site.conf:/etc/nginx/conf.d/default.conf:ro",
    ...[...new Set(tls && [tls.certificate, tls.key])].map(mounted),
    "  depends_on:",
    "    # It knows their addresses from its start: when they are made anew, it starts again.",
    `    ${service}: { condition: service_healthy, restart: true }`,
    "  restart: unless-stopped",
  ];
}

/** Where it is on the machine itself; one that is not there is an error, and no empty folder. */
function mounted(file: string): string {
  const path = quoted(file.replaceAll("$", "$$$$"));
  return `    - { type: bind, source: ${path}, target: ${path}, read_only: true }`;
}

function addressOf(need: Need, systemName: string): string {
  return servers[need].address.replace("SYSTEM", systemName);
}

/** What is set where compose is called comes first, but where the value has braces: compose ends a default by them. */
function overridable(variable: string, value: string): string {
  const plain = value.replaceAll("$", "$$$$");
  if (/[{}]/.test(value)) return `${variable}: ${quoted(plain)} # Has braces, so what is set here counts for nothing.`;
  return `${variable}: ${quoted(`\${${variable}:-${plain}}`)}`;
}
