import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { rolldown } from "rolldown";

const framework = resolve(import.meta.dirname, "../packages/framework");
const dist = join(framework, "dist");
/** Every service loads these, and uses a small part of them. */
const inlined = ["semver", "zod"];

/**
 * Writes the framework's JavaScript: a file for each door in package.json and for what is loaded later, and what these
 * share in `chunks`. Reading and linking hundreds of files would be nearly a quarter of a service's start.
 */
export async function bundleFramework() {
  const { exports } = JSON.parse(readFileSync(join(framework, "package.json"), "utf8"));
  const doors = Object.values(exports).flatMap((door) => /^\.\/dist\/(.+)\.js$/.exec(door.default)?.[1] ?? []);
  const bundle = await rolldown({
    cwd: framework,
    input: Object.fromEntries(doors.map((door) => [door, `src/${door}.ts`])),
    platform: "node",
    external: (id) => /^[@\w]/.test(id) && !isAbsolute(id) && !inlined.includes(id),
  });
  const { output } = await bundle.generate({
    dir: dist,
    chunkFileNames: "chunks/[name].js",
    codeSplitting: { groups: [{ name: "packages", test: /node_modules/ }] },
    sourcemap: true,
    // They stand in the declarations; here they would only take memory.
    comments: { jsdoc: false },
  });
  await bundle.close();
  for (const file of output) writeChanged(file.fileName, file.type === "chunk" ? file.code : file.source);
  writeChanged("THIRD-PARTY-LICENSES", licensesOf(output));
  removeAllBut(output.map(({ fileName }) => fileName));
}

/** A build that changes nothing takes no file from under the feet of those that run. */
function writeChanged(name, text) {
  const file = join(dist, name);
  if (existsSync(file) && readFileSync(file, "utf8") === text) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** What an earlier build left would be published, and could still be imported. */
function removeAllBut(written) {
  for (const file of readdirSync(dist, { recursive: true }))
    if (/\.js(\.map)?$/.test(file) && !written.includes(file.replaceAll("\\", "/"))) rmSync(join(dist, file));
}

/** The licenses of the packages that the files hold. */
function licensesOf(output) {
  const modules = output.flatMap((chunk) => Object.keys(chunk.modules ?? {}));
  const folders = new Set(
    modules.flatMap((id) => /^.+[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(id)?.[0] ?? []),
  );
  return [...folders]
    .map((folder) => {
      const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      return `${name} ${version}\n\n${readFileSync(join(folder, "LICENSE"), "utf8").trim()}\n`;
    })
    .sort()
    .join("\n---\n\n");
}
