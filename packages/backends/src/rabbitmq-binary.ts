import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { VastifyError } from "vastify";
import { cacheFolder } from "./cache-folder.js";
import { fetchDebianPackages } from "./debian-packages.js";

/** Where RabbitMQ's and Erlang's files are. */
export interface RabbitmqFiles {
  /** Erlang's ROOTDIR. */
  readonly erlang: string;
  /** The folder with `erlexec`, `epmd` and the emulator. */
  readonly erlangBin: string;
  /** The folder with RabbitMQ's `plugins`, of which the broker itself is one. */
  readonly rabbitmq: string;
}

/** Those of Erlang's applications that the broker needs. */
const erlangApplications = [
  ...["base", "asn1", "crypto", "eldap", "inets", "mnesia", "os-mon", "parsetools"],
  ...["public-key", "runtime-tools", "ssl", "syntax-tools", "tools", "xmerl"],
];

/**
 * The machine's own RabbitMQ when its Debian package is installed, else Debian's, fetched once into the cache.
 * @throws VastifyError `failed_precondition`, reason `no_rabbitmq`
 */
export async function findRabbitmq(signal?: AbortSignal, env: NodeJS.ProcessEnv = process.env): Promise<RabbitmqFiles> {
  const installed = await filesBelow("/");
  if (installed) return installed;
  try {
    const into = join(cacheFolder(env), "rabbitmq-bookworm");
    const packages = ["rabbitmq-server", ...erlangApplications.map((name) => `erlang-${name}`)];
    const folder = await fetchDebianPackages({ suite: "bookworm", packages, into, signal });
    const fetched = await filesBelow(folder);
    if (fetched) return fetched;
    throw new VastifyError("failed_precondition", `${folder} holds no RabbitMQ`);
  } catch (error) {
    if (!VastifyError.is(error)) throw error;
    const advice = "install rabbitmq-server, or set AMQP_URL (for tests TEST_AMQP_URL) to a broker that runs";
    throw new VastifyError("failed_precondition", `no RabbitMQ is installed, and ${error.message}; ${advice}`, {
      reason: "no_rabbitmq",
      cause: error,
    });
  }
}

/** Debian's layout below a root, which is `/` for what is installed. */
async function filesBelow(root: string): Promise<RabbitmqFiles | undefined> {
  const erlang = join(root, "usr/lib/erlang");
  const [erts] = await foldersIn(erlang, /^erts-/);
  const [rabbitmq] = await foldersIn(join(root, "usr/lib/rabbitmq/lib"), /^rabbitmq_server-/);
  if (!erts || !rabbitmq || !existsSync(join(erts, "bin/erlexec"))) return undefined;
  return { erlang, erlangBin: join(erts, "bin"), rabbitmq };
}

async function foldersIn(folder: string, name: RegExp): Promise<string[]> {
  const names = await readdir(folder).catch(() => [] as string[]);
  return names.filter((each) => name.test(each)).map((each) => join(folder, each));
}
