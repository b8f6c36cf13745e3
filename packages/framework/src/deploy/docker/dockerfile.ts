import { type GeneratedFile, header } from "../generated-file.js";
import type { System, SystemService } from "../system.js";
import { quoted } from "../yaml.js";

/** Asks a service within its container for its health; Node.js is all that the image has. */
export const healthProbe =
  "fetch('http://127.0.0.1:' + process.env.HTTP_PORT + '/health').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))";

/** One file with a small image per service, as its targets: `docker build --file deploy/Dockerfile --target NAME .` */
export function dockerfile(system: System): GeneratedFile {
  const { build, services } = system;
  const folders = [...build.workspaces, ...Object.values(services).flatMap(({ workspace }) => workspace ?? [])];
  const manifests = [...new Set(folders)].map((folder) => `COPY ${folder}/package.json ${folder}/`);
  const stages = Object.entries(services).map(([name, service]) => serviceStages(name, service, system));
  const text = `# syntax=docker/dockerfile:1
${header("#", "", "docker build --file deploy/Dockerfile --target SERVICE --tag IMAGE .", "Name the base by its digest for builds that are the same for ever: --build-arg NODE_IMAGE=node@sha256:…")}
ARG NODE_IMAGE=node:${build.nodeMajor}-bookworm-slim

# What npm needs to know, and nothing else: a change of code leaves the layers with modules as they are.
FROM \${NODE_IMAGE} AS manifests
WORKDIR /app
COPY package.json ${build.lockFile} ./
${manifests.join("\n")}

FROM manifests AS build
RUN --mount=type=cache,target=/root/.npm ${build.install}
COPY . .
RUN ${build.compile}
# Each image brings only the modules that it needs.
RUN find . -name node_modules -type d -prune -exec rm -rf {} +

# What all services run on. Files belong to root, and the services can't change them.
FROM \${NODE_IMAGE} AS runtime
ENV NODE_ENV=production LOG_FORMAT=json HOST=0.0.0.0
WORKDIR /app
USER node

${stages.join("\n\n")}
`;
  return { path: "deploy/Dockerfile", text };
}

/** The build's context: what images are made of. The file must lie at its root. */
export function dockerignore(): GeneratedFile {
  const ignored = [".git", "**/node_modules", "**/dist", "**/*.tsbuildinfo", "**/.env*", "deploy", "docs", ".vastify"];
  return { path: ".dockerignore", text: `${header("#")}\n${ignored.join("\n")}\n` };
}

function serviceStages(name: string, service: SystemService, { build }: System): string {
  const { entry, httpPort, microservicePort, workspace } = service;
  const install = workspace ? `${build.installForImage} --workspace ${workspace}` : build.installForImage;
  const ports = [httpPort, ...(microservicePort ? [microservicePort] : [])];
  const env = [`HTTP_PORT=${httpPort}`, ...(microservicePort ? [`MICROSERVICE_PORT=${microservicePort}`] : [])];
  return `FROM manifests AS ${name}-modules
RUN --mount=type=cache,target=/root/.npm ${install}

FROM runtime AS ${name}
COPY --from=build /app ./
COPY --from=${name}-modules /app ./
ENV ${env.join(" ")}
EXPOSE ${ports.join(" ")}
# Healthy is who serves: one that leaves says 503.
HEALTHCHECK --interval=5s --timeout=2s --start-period=30s --retries=2 \\
  CMD ["node", "-e", ${quoted(healthProbe)}]
# Node.js itself gets SIGTERM, and leaves without losing a request; a shell in between would keep it.
CMD ["node", "${entry}"]`;
}
