import { resolve } from "node:path";
import { VastifyError } from "../../core/index.js";
import type { Output } from "../cli/commands.js";
import { keptProcesses, pm2 } from "./pm2.js";
import { type App, readApps } from "./read-apps.js";
import { tryApp } from "./try-app.js";
import { whenHealthy } from "./when-healthy.js";
import { otherCounts } from "./worker-counts.js";

/**
 * Takes a release into use under pm2: tries every app beside what runs, and only if all get healthy replaces what runs;
 * then looks whether that is healthy. pm2 alone would replace a good worker by one that never gets ready.
 * @param file the ecosystem file
 * @throws VastifyError `failed_precondition`, reasons `unhealthy_release` and `pm2_failed`
 */
export async function releaseCommand(file: string, environment: string, { out }: Output): Promise<0> {
  const path = resolve(file);
  const apps = readApps(path, environment);
  out(`trying ${apps.map(({ name }) => name).join(", ")} beside what runs`);
  await all(apps, tryApp);
  out("all are healthy; replacing what runs");
  await pm2("startOrReload", path, "--env", environment, "--update-env");
  await all(apps, expectHealthy);
  const names = new Set(apps.map(({ name }) => name));
  const kept = (await keptProcesses()).filter((process) => names.has(process.app));
  const down = new Set(kept.filter((process) => !process.isOnline).map((process) => process.app));
  if (down.size > 0) throw unhealthy(`${[...down].join(", ")} does not keep running`);
  for (const line of otherCounts(apps, kept, `${file} --env ${environment}`)) out(line);
  out("the release is in use");
  return 0;
}

/** Waits for all, so that nothing goes on behind an error. */
async function all(apps: readonly App[], check: (app: App) => Promise<void>): Promise<void> {
  const results = await Promise.allSettled(apps.map(check));
  const failed = results.flatMap((result) => (result.status === "rejected" ? [VastifyError.from(result.reason)] : []));
  if (failed.length > 0) throw unhealthy(failed.map(({ message }) => message).join("\n"));
}

async function expectHealthy(app: App): Promise<void> {
  if (app.env.HTTP_PORT === undefined) return;
  const why = await whenHealthy(app, Number(app.env.HTTP_PORT), AbortSignal.timeout(app.listenTimeoutMs));
  if (why) throw unhealthy(`${app.name} ${why}`);
}

function unhealthy(message: string): VastifyError {
  return new VastifyError("failed_precondition", message, { reason: "unhealthy_release" });
}
