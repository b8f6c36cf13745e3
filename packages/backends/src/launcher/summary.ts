import type { RunningService } from "./when-serving.js";

export interface Backends {
  readonly registry: { readonly address: string; readonly isEmbedded: boolean };
  readonly mongo: { readonly uri: string; readonly dir: string | undefined };
}

/** What is shown once everything serves: who is where, and lines to try. */
export function summary(services: readonly RunningService[], { registry, mongo }: Backends): string {
  const gateway = services.find(({ name }) => name === "gateway")?.httpUrl ?? "";
  const rows = [
    ["service", "version", "REST", "calls"],
    ...services.map(({ name, version, httpUrl, calls = "-" }) => [name, version, httpUrl, calls]),
    ["registry", "", registry.address, registry.isEmbedded ? "(for development)" : "(CONSUL_HTTP_ADDR)"],
  ];
  const credentials = `'{"name":"alice","password":"alice-demo-password"}'`;
  return [
    "",
    ...table(rows),
    `MongoDB  ${mongo.uri.replace(/\/\/[^@/]*@/, "//")}  ${mongo.dir === undefined ? "(MONGODB_URI)" : `(data in ${mongo.dir})`}`,
    "",
    "Try:",
    `  curl ${gateway}/user`,
    `  curl ${gateway}/user/login -H 'content-type: application/json' -d ${credentials}`,
    `  curl ${gateway}/config`,
    `Read: ${gateway}/docs, what is served now, to be tried from the page`,
    "",
    "Ctrl+C ends everything.",
    "",
  ].join("\n");
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
