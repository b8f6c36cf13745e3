import { parseArgs } from "node:util";
import { VastifyError } from "../../core/index.js";
import { canaryCommand } from "../canary/canary-command.js";
import { generateCommand } from "../deploy/generate-command.js";
import { consulOf, nginxCommand } from "../nginx/nginx-command.js";
import { releaseCommand } from "../release/release-command.js";
import { clientCommand, describeCommand, diffCommand, type ExitCode, type Output } from "./commands.js";

export interface CliOutput extends Output {
  err(text: string): void;
}

const usage = `vastify describe FILE[#EXPORT]         print a contract as JSON
vastify diff OLD NEW [--json]          tell changes that break callers; 0: none, 1: some, 2: a file can't be read
vastify client URL|FILE                print a client in TypeScript for an OpenAPI document, such as a gateway's
vastify generate [--check] [--force]   write deploy/ from vastify.config.* (--config FILE); --check: 1 when it is not up to date
vastify release ECOSYSTEM [--env NAME] try the apps of pm2's file beside what runs, then replace it (--env production)
vastify canary hold|try|promote|back [TARGET[@VERSION]…]   before a new version starts: keep its calls away; then give it
                                       shares and watch it (--weights 10,50 --seconds 60); or give it all calls; or take
                                       back what a try left that was cut off; 1: taken back
vastify nginx FILE [--watch]           write nginx's site for the living gateways and reload it (--nginx "nginx -c …")

A FILE is a module that exports a contract, or JSON as \`vastify describe\` prints it;
for \`client\` it is the document.`;

const options = {
  check: { type: "boolean", default: false },
  config: { type: "string" },
  env: { type: "string", default: "production" },
  force: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
  "min-calls": { type: "string" },
  nginx: { type: "string", default: "nginx" },
  seconds: { type: "string", default: "60" },
  wait: { type: "string", default: "60" },
  watch: { type: "boolean", default: false },
  weights: { type: "string", default: "10,50" },
  json: { type: "boolean", default: false },
} as const;

/** What each command takes. */
const takenBy: Readonly<Record<string, string>> = {
  describe: "one FILE",
  diff: "two FILEs, OLD and NEW",
  client: "one URL or FILE",
  generate: "no arguments but options",
  release: "one ECOSYSTEM file of pm2",
  canary: "hold, try, promote or back first",
  nginx: "the one FILE that nginx includes",
};

function misuseOf(command: string, count: number): string {
  const taken = Object.hasOwn(takenBy, command) ? takenBy[command] : undefined;
  if (taken === undefined) return `there is no command ${JSON.stringify(command)}`;
  return `vastify ${command} takes ${taken}, got ${count === 0 ? "none" : count}`;
}

/** Runs the command line `vastify …`. */
export async function runCli(args: readonly string[], output: CliOutput): Promise<ExitCode> {
  try {
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
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
    if (command === "generate" && files.length === 0) return await generateCommand(values, output);
    if (command === "release" && first !== undefined && files.length === 1)
      return await releaseCommand(first, values.env, output);
    if (command === "canary" && first !== undefined) {
      const where = { consul: consulOf(process.env), signal: AbortSignal.any([untilToldToEnd(), untilLeftAlone()]) };
      return await canaryCommand({ ...values, verb: first, candidates: files.slice(1), ...where }, output);
    }
    if (command === "nginx" && first !== undefined && files.length === 1)
      return await nginxCommand(
        { ...values, file: first, consul: consulOf(process.env), signal: untilToldToEnd() },
        output,
      );
    output.err(command === undefined ? usage : `${misuseOf(command, files.length)}\n\n${usage}`);
  } catch (error) {
    output.err(VastifyError.from(error).message.replaceAll("\n", " "));
  }
  return 2;
}

function untilToldToEnd(): AbortSignal {
  const end = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => end.abort());
  return end.signal;
}

/** npx that is told to end leaves its child running, and nobody would hear what comes of it. */
function untilLeftAlone(): AbortSignal {
  const end = new AbortController();
  const starter = process.ppid;
  const watching = setInterval(() => process.ppid !== starter && end.abort(), 500);
  watching.unref();
  return end.signal;
}
