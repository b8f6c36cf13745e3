import { findDebianProgram } from "./debian-program.js";
import { type CommandResult, runCommand } from "./run-command.js";

/**
 * Runs kubectl, without a cluster: what needs none are `kustomize` and most of `create … --dry-run=client`. It rejects
 * only when `signal` aborts; how it ended is in the result.
 * @throws VastifyError `failed_precondition`, reason `no_packages`
 */
export async function runKubectl(
  args: readonly string[],
  options: { cwd: string; signal: AbortSignal },
): Promise<CommandResult> {
  const { file } = await findDebianProgram("usr/bin/kubectl", ["kubernetes-client"], options.signal);
  return runCommand(file, args, options);
}
