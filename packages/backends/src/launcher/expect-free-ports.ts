import { VastifyError } from "vastify";
import { whyNotFree } from "../free-port.js";
import type { NeededPort } from "./launcher-config.js";

/** @throws VastifyError reason `port_taken`, one line for each port that can't be had, with what to do about it */
export async function expectFreePorts(host: string, needed: readonly NeededPort[]): Promise<void> {
  const problems: string[] = [];
  const holders = new Map<number, string>();
  for (const { holder, port, variable, advice } of needed) {
    if (port === 0) continue;
    const ways = [`set ${variable} to another port`, ...(advice === undefined ? [] : [advice])].join(", or ");
    const other = holders.get(port);
    holders.set(port, holder);
    if (other !== undefined) problems.push(`port ${port} is given to ${other} and to ${holder}: ${ways}`);
    else {
      const code = await whyNotFree(port, host);
      if (code === "EADDRNOTAVAIL") throw noSuchAddress(host);
      if (code === "EACCES") problems.push(`this user may not listen on port ${port}, and ${holder} needs it: ${ways}`);
      else if (code) problems.push(`port ${port} is taken, and ${holder} needs it: stop what holds it, ${ways}`);
    }
  }
  if (problems.length > 0) throw new VastifyError("failed_precondition", problems.join("\n"), { reason: "port_taken" });
}

function noSuchAddress(host: string): VastifyError {
  const text = `HOST is ${host}, which is no address of this machine: set it to one, such as 127.0.0.1`;
  return new VastifyError("invalid_argument", text, { reason: "bad_option" });
}
