import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Contract, type ContractDescription, describeContract, readDescription } from "../../contracts/index.js";
import { VastifyError } from "../../core/index.js";

/**
 * Reads a contract: from JSON, as `vastify describe` prints it or a service says it of itself, or from the module that
 * exports it.
 * @param from a file, and after `#` the name of the export when a module has more than one contract
 * @throws VastifyError `invalid_argument`, reason `bad_contract`
 */
export async function readContract(from: string): Promise<ContractDescription> {
  const [file = "", name] = from.split("#");
  const path = resolve(file);
  return path.endsWith(".json") ? readJson(path) : describeContract(await importContract(path, name));
}

async function readJson(path: string): Promise<ContractDescription> {
  const { problems, ...description } = readDescription(await parsed(path));
  if (problems.length > 0) throw badContract(path, problems.join("; "));
  return description;
}

async function parsed(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw badContract(path, cause instanceof Error ? cause.message : String(cause));
  }
}

async function importContract(path: string, name: string | undefined): Promise<Contract> {
  const exported = await import(pathToFileURL(path).href).then(
    (module: Record<string, unknown>) => module,
    (cause: Error) => {
      throw badContract(path, cause.message);
    },
  );
  const contracts = Object.entries(exported).filter((entry): entry is [string, Contract] => isContract(entry[1]));
  const [found, ...others] = contracts.filter(([key]) => name === undefined || key === name);
  if (found && others.length === 0) return found[1];
  const known = contracts.map(([key]) => key).join(", ") || "none";
  throw badContract(path, `one contract is needed, add #name to choose one; it exports: ${known}`);
}

function isContract(value: unknown): value is Contract {
  if (typeof value !== "object" || value === null) return false;
  const { target, version, actions, events } = value as Partial<Contract>;
  return typeof target === "string" && typeof version === "string" && isObject(actions) && isObject(events);
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

function badContract(path: string, why: string): VastifyError {
  return new VastifyError("invalid_argument", `${path} holds no contract that can be read: ${why}`, {
    reason: "bad_contract",
  });
}
