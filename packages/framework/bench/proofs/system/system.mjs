import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createChildren } from "../../support/children.mjs";
import { createConsulApi } from "./consul-api.mjs";

const childFile = (name) => new URL(`${name}-child.mjs`, import.meta.url);
const quiet = { level: "warn", format: "json" };

/**
 * Gives `use` a real Consul, and the means to start services, gateways and callers as processes of their own. All of it
 * is ended afterwards, also when `use` fails or the proof is interrupted.
 *
 * @template T
 * @param {{ keepsState?: boolean, settings?: object }} options whether Consul still knows everything after a restart, and
 * more of its own configuration
 * @param {(system: System) => Promise<T>} use
 * @returns {Promise<T>}
 */
export async function withSystem({ keepsState = false, settings }, use) {
  // Loaded late: a proof is listed before anything is built.
  const { startConsul } = await import("@vastify/backends");
  const folder = await mkdtemp(join(tmpdir(), "vastify-proof-"));
  const journals = join(folder, "journals");
  const children = createChildren();
  let consul;

  async function end() {
    await children.stopAll();
    await consul?.stop();
    await rm(folder, { recursive: true, force: true });
  }
  const interrupted = (signal) => void end().finally(() => process.exit(signal === "SIGINT" ? 130 : 143));
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, interrupted);
  try {
    await mkdir(journals);
    consul = await startConsul({ settings, ...(keepsState && { dataFolder: join(folder, "consul") }) });
    return await use(createSystem({ consul, children, folder, journals }));
  } finally {
    for (const signal of ["SIGINT", "SIGTERM"]) process.off(signal, interrupted);
    await end();
  }
}

/** @typedef {ReturnType<typeof createSystem>} System */

function createSystem({ consul, children, folder, journals }) {
  async function start(kind, { options, within, ...more }) {
    const child = children.start(childFile(kind), { execArgv: ["--expose-gc"], within });
    const settings = { version: "1.0.0", log: quiet, consul: { address: consul.httpAddr }, ...options };
    return { ...child, ...(await child.ask("start", { options: settings, journals, ...more })) };
  }

  return {
    consul,
    api: createConsulApi(consul.httpAddr),
    folder,
    /** Where services write down which writes they began and ended. */
    journals,
    /** A process of target `work`. @param {{ options?: object, delayMs?: number, within?: string[] }} [more] */
    startService: ({ options, ...more } = {}) => start("service", { options: { name: "work", ...options }, ...more }),
    startGateway: ({ options, ...more } = {}) => start("gateway", { options: { name: "edge", ...options }, ...more }),
    /** A service that offers nothing and calls others. */
    startCaller: ({ options, ...more } = {}) => start("caller", { options: { name: "caller", ...options }, ...more }),
  };
}
