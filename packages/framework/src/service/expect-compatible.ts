import { type ContractDescription, compareContracts, readDescription } from "../contracts/index.js";
import { Deadlines, delay, type Logger, VastifyError } from "../core/index.js";
import type { Directory, Instance } from "../discovery/index.js";
import { askDescription, versionsFor } from "../routing/index.js";
import type { TransportClient } from "../transport/index.js";

export interface CompatibilityOptions {
  readonly directory: Directory;
  readonly transport: TransportClient;
  readonly log: Logger;
  /** Gives the look up. */
  readonly signal: AbortSignal;
  /** Start all the same, and only warn. */
  readonly isForced: boolean;
}

/** How long a Consul that does not answer holds the start up here, in milliseconds; to register waits for it anyway. */
const longestLookMs = 2_000;

/**
 * Looks whether a contract keeps what living instances of the same major version promise: callers reach both by one
 * range. Newer instances are left out, so that a roll-back is free to go back. One that does not answer is passed over.
 * @throws VastifyError `failed_precondition`, reason `breaking_contract`; `details.changes` names them
 */
export async function expectCompatible(own: ContractDescription, options: CompatibilityOptions): Promise<void> {
  const { directory, log, signal, isForced } = options;
  const followed = directory.follow(own.target);
  await Promise.race([followed.known, delay(longestLookMs, signal)]);
  const asked = new Map<string, Instance>();
  for (const instance of followed.instances) {
    const isReplaced = versionsFor([own.version], `^${instance.version}`).length > 0;
    if (isReplaced) asked.set(`${instance.version} ${instance.description}`, instance);
  }
  const found = await Promise.all([...asked.values()].map((instance) => breakingChanges(instance, own, options)));
  const changes = [...new Set(found.flat())];
  if (changes.length === 0) return;
  const text = `${own.target} ${own.version} breaks callers of what is alive: ${changes.join("; ")}`;
  if (isForced) log.warn(`${text}; it starts all the same, since it is forced`);
  else {
    const advice = "raise the major version, or set forceContracts";
    throw new VastifyError("failed_precondition", `${text}. Keep it compatible, ${advice}`, {
      reason: "breaking_contract",
      details: { changes },
    });
  }
}

/** What an instance promises and `own` does not keep. */
async function breakingChanges(
  { id, version, endpoint }: Instance,
  own: ContractDescription,
  { transport, log, signal }: CompatibilityOptions,
): Promise<string[]> {
  if (endpoint === null) return [];
  try {
    const older = readDescription(await askDescription(transport, new Deadlines(), endpoint, signal));
    return compareContracts(older, own)
      .filter(({ isBreaking }) => isBreaking)
      .map(({ of, text }) => `${of} of ${version}: ${text}`);
  } catch (thrown) {
    log.warn(`${id} does not say what it offers, so it is not compared: ${VastifyError.from(thrown).message}`);
    return [];
  }
}
