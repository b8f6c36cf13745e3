import { parseArgs } from "node:util";
import { VastifyError } from "../../core/index.js";
import { clientCommand, describeCommand, diffCommand, type ExitCode, type Output } from "./commands.js";

export interface CliOutput extends Output {
  err(text: string): void;
}

const usage = `vastify describe FILE[#EXPORT]         print a contract as JSON
vastify diff OLD NEW [--json]          tell changes that break callers; 0: none, 1: some, 2: a file can't be read
vastify client URL|FILE                print a client in TypeScript for an OpenAPI document, such as a gateway's

A FILE is a module that exports a contract, or JSON as \`vastify describe\` prints it;
for \`client\` it is the document.`;

/** Runs the command line `vastify …`. */
export async function runCli(args: readonly string[], output: CliOutput): Promise<ExitCode> {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { json: { type: "boolean", default: false }, help: { type: "boolean", short: "h", default: false } },
    });
    const [command, ...files] = positionals;
    const [first, second] = files;
    if (values.help) {
      output.out(usage);
      return 0;
    }
    if (command === "describe" && first !== undefined && files.length === 1)
      return await describeCommand(first, output);
    if (command === "client" && first !== undefined && files.length === 1) return await clientCommand(first, output);
    if (command === "diff" && first !== undefined && second !== undefined && files.length === 2)
      return await diffCommand(first, second, values.json, output);
    output.err(usage);
  } catch (error) {
    output.err(VastifyError.from(error).message);
  }
  return 2;
}
