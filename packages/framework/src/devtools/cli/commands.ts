import { compareContracts } from "../../contracts/index.js";
import { writeClient } from "../client/write-client.js";
import { readContract } from "./read-contract.js";
import { readDocument } from "./read-document.js";

/** Where a command writes. */
export interface Output {
  out(text: string): void;
}

/** 0: done, or compatible; 1: the answer is no; 2: the question was wrong. */
export type ExitCode = 0 | 1 | 2;

/** Prints a contract as JSON. */
export async function describeCommand(file: string, { out }: Output): Promise<ExitCode> {
  out(JSON.stringify(await readContract(file), undefined, 2));
  return 0;
}

/** Prints what changed between two versions of a contract; 1 when something breaks callers. */
export async function diffCommand(older: string, newer: string, asJson: boolean, { out }: Output): Promise<ExitCode> {
  const [before, after] = await Promise.all([readContract(older), readContract(newer)]);
  const changes = compareContracts(before, after);
  const breaking = changes.filter(({ isBreaking }) => isBreaking);
  if (asJson) out(JSON.stringify({ isBreaking: breaking.length > 0, changes }, undefined, 2));
  else {
    for (const { of, isBreaking, text } of changes) out(`${isBreaking ? "breaking  " : "compatible"}  ${of}: ${text}`);
    const counts = `${breaking.length} breaking, ${changes.length - breaking.length} compatible`;
    out(`${before.target} ${before.version} -> ${after.version}: ${counts}`);
  }
  return breaking.length > 0 ? 1 : 0;
}

/** Prints a client in TypeScript for what an OpenAPI document describes. */
export async function clientCommand(from: string, { out }: Output): Promise<ExitCode> {
  out(writeClient(await readDocument(from), from));
  return 0;
}
