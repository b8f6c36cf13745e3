import { type GeneratedFile, header } from "../generated-file.js";
import type { System } from "../system.js";
import { block, quoted } from "../yaml.js";
import { healthProbe } from "./dockerfile.js";

/** Laid over compose.yaml: services from the working tree, which start again when what they run has changed. */
export function developmentFile(system: System): GeneratedFile {
  const blocks = Object.entries(system.services).map(([name, { entry, httpPort }]) => [
    `${name}:`,
    `  image: ${system.name}/development`,
    "  build: { context: .., dockerfile: deploy/Dockerfile, target: manifests }",
    "  # As the user of the working tree: what it may not read is not there.",
    `  user: "\${RUN_AS:-1000:1000}"`,
    "  working_dir: /work",
    "  volumes: [..:/work]",
    `  command: ["node", "--watch", ${quoted(entry)}]`,
    `  environment: { NODE_ENV: development, LOG_FORMAT: pretty, HOST: 0.0.0.0, HTTP_PORT: ${quoted(httpPort)} }`,
    `  ports: [${quoted(`${httpPort}:${httpPort}`)}]`,
    "  read_only: false",
    "  healthcheck:",
    `    test: ["CMD", "node", "-e", ${quoted(healthProbe)}]`,
    "    interval: 5s",
    "  deploy: { replicas: 1 }",
  ]);
  const text = `${header(
    "#",
    "",
    "RUN_AS=$(id -u):$(id -g) docker compose --file deploy/compose.yaml --file deploy/compose.dev.yaml up",
    "Install and compile on the machine itself, e.g. by `npx tsc -b --watch`: each service starts again when its files change.",
  )}
services:
${blocks.map((lines) => block(lines, 2)).join("\n\n")}
`;
  return { path: "deploy/compose.dev.yaml", text };
}
