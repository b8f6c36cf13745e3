import { type GeneratedFile, header } from "../generated-file.js";
import type { System, SystemService } from "../system.js";
import { addressVariables, behindOneProxy, commonVariables, productionVariables } from "../variables.js";
import { deploySection } from "./deploy-section.js";
import { literal } from "./literal.js";

/** As what Node.js reads a `.js` file: the `type` of the package.json above it. */
export type ModuleType = "commonjs" | "module";

/** pm2 knows the file by its name, which ends with `.js`, and takes both kinds. */
const syntaxes = {
  commonjs: {
    imports: 'const { resolve } = require("node:path");',
    here: "__dirname",
    exports: "module.exports =",
    exportsAll: 'module.exports = require("./deploy/ecosystem.config.js");',
  },
  module: {
    imports: 'import { resolve } from "node:path";',
    here: "import.meta.dirname",
    exports: "export const { apps, deploy } =",
    exportsAll: 'export { apps, deploy } from "./deploy/ecosystem.config.js";',
  },
} as const;

/** What `pm2 start ecosystem.config.js` and `pm2 deploy NAME` take. The file needs nothing but Node.js. */
export function ecosystemFile(system: System, type: ModuleType): GeneratedFile {
  const { imports, here, exports } = syntaxes[type];
  const services = Object.entries(system.services);
  const apps = services.map(([name, service]) => `    app(${literal(appOf(system, name, service), 4, 10)}),`);
  const counts = services.map(([name]) => `${variablePrefix(name)}_INSTANCES`).join(", ");
  const text = `${header(
    "//",
    "",
    "  pm2 start ecosystem.config.js [--env production]",
    "  pm2 deploy production setup         once for each host",
    "  pm2 deploy production               each release",
    "",
    "They need Consul (CONSUL_HTTP_ADDR), and what each service's variables name.",
    `${counts} say how many workers a service has:`,
    '1, more, or "max" for one per core. From two on they are a cluster that shares the HTTP port, and a reload loses no request.',
  )}
${imports}

/** Handed on to every service when set; \`serviceEnv\` says what they mean. */
const common = ${literal([...commonVariables])};

/**
 * Those of the variables that are set here, or whose files are: then a value of the manifest, or one that pm2 has kept,
 * counts for nothing.
 */
function given(names) {
  const settings = {};
  for (const name of names) {
    const [value, file] = [process.env[name], process.env[\`\${name}_FILE\`]];
    if (value || file) settings[name] = value || "";
    if (file) settings[\`\${name}_FILE\`] = file;
  }
  return settings;
}

/** A value and a file of one variable are refused, so the value takes the place of a file that pm2 has kept. */
function inPlaceOfFiles(settings) {
  const valued = Object.keys(settings).filter((name) => settings[name] !== "" && !/^NODE_ENV$|_FILE$/.test(name));
  return { ...Object.fromEntries(valued.map((name) => [\`\${name}_FILE\`, ""])), ...settings };
}

/** How long the services may take to leave: callers notice, then requests in flight finish. They know the same defaults. */
const leavingMs = ({ DRAIN_NOTICE_MS, DRAIN_GRACE_MS }) =>
  Number(DRAIN_NOTICE_MS || 1_000) + Number(DRAIN_GRACE_MS || 10_000);

/** In fork mode nothing listens between a process and its successor, so only a cluster can be reloaded without loss. */
function workers(variable, instances) {
  const wanted = process.env[variable] || instances;
  if (wanted !== "max" && !/^[1-9]\\d{0,2}$/.test(wanted))
    throw new Error(\`\${variable} must be a number of instances, or max; got \${JSON.stringify(wanted)}\`);
  if (wanted === "1") return { exec_mode: "fork", instances: 1 };
  return { exec_mode: "cluster", instances: wanted === "max" ? "max" : Number(wanted) };
}

/** Variables that are set here come before those of the manifest. */
function app({ name, script, instances, maxMemoryMb, ports, variables, values, production }) {
  const prefix = name.toUpperCase().replaceAll("-", "_");
  const env = inPlaceOfFiles({ ...values, ...given([...common, ...variables]) });
  for (const [variable, port] of Object.entries(ports)) env[variable] = process.env[\`\${prefix}_\${variable}\`] || port;
  const names = Object.keys(production).filter((variable) => variable !== "NODE_ENV");
  const envProduction = inPlaceOfFiles({ ...production, ...given(names) });
  return {
    name,
    script,
    cwd: resolve(${here}, ".."),
    ...workers(\`\${prefix}_INSTANCES\`, instances),
    // A service says "ready" once it is registered, and gives its start up after 30 s.
    wait_ready: true,
    listen_timeout: 35_000,
    // Consul gets 2 s to hear of it, and the service's parts get as much to end.
    kill_timeout: leavingMs({ ...env, ...envProduction }) + 4_000,
    exp_backoff_restart_delay: 200,
    max_memory_restart: \`\${maxMemoryMb}M\`,
    env,
    env_production: envProduction,
  };
}

${exports} {
  apps: [
${apps.join("\n")}
  ],
  deploy: ${literal(deploySection(system), 2, 11)},
};
`;
  return { path: "deploy/ecosystem.config.js", text };
}

/** pm2 looks for this name where it is called. */
export function rootEcosystemFile(type: ModuleType): GeneratedFile {
  return { path: "ecosystem.config.js", text: `${header("//")}\n${syntaxes[type].exportsAll}\n` };
}

function appOf({ environment, edge }: System, name: string, service: SystemService) {
  const declared = { ...environment, ...service.environment };
  const valuesOf = (field: "value" | "production") =>
    Object.fromEntries(
      Object.entries(declared).flatMap(([variable, { [field]: value }]) =>
        value === undefined ? [] : [[variable, value]],
      ),
    );
  return {
    name,
    script: service.entry,
    instances: String(service.instances),
    maxMemoryMb: service.maxMemoryMb,
    ports: {
      HTTP_PORT: service.httpPort,
      ...(service.microservicePort && { MICROSERVICE_PORT: service.microservicePort }),
    },
    variables: [...new Set([...service.needs.map((need) => addressVariables[need]), ...Object.keys(declared)])],
    values: valuesOf("value"),
    production: {
      ...productionVariables,
      ...(edge?.service === name && behindOneProxy),
      ...valuesOf("production"),
    },
  };
}

function variablePrefix(service: string): string {
  return service.toUpperCase().replaceAll("-", "_");
}
