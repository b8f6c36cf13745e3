import { spawnSync } from "node:child_process";
import { createChildren } from "../support/children.mjs";
import { readProofArgs } from "./system/proof-args.mjs";

export const summary =
  "two hosts whose link drops for 20 s: the near instances go on, the far ones are used again (root) [--seconds N] [--rate N] [--quick]";

const choices = { defaults: { seconds: 20, settle: 20, rate: 100 }, quick: { seconds: 16, settle: 14 } };

/** @param {string[]} args */
export async function run(args) {
  const { seconds, settle, rate } = readProofArgs(args, choices);
  const skipped = whyNot();
  if (skipped) {
    console.log(`skipped: ${skipped}`);
    return { ok: true, skipped };
  }
  const children = createChildren();
  try {
    const file = new URL("partition/near-child.mjs", import.meta.url);
    const nearHost = children.start(file, { within: ["unshare", "--net"], isShown: true });
    console.log(`2 instances near, 2 far, a gateway near; ${rate} requests/s; the link drops for ${seconds} s`);
    const figures = await nearHost.ask("partition", { seconds, settle, rate }, 300_000);
    console.log(
      `the last request that failed was sent ${figures.lastFailureSentAfterSeconds} s after the link dropped`,
    );
    console.log(`the far instances are used again ${figures.farUsedAgainAfterSeconds} s after its return`);
    return { ok: false, ...figures };
  } finally {
    await children.stopAll();
  }
}

/** Two hosts on one machine need network namespaces, which only root may make. */
function whyNot() {
  if (process.getuid?.() !== 0) return "not root";
  for (const tool of ["ip", "unshare", "nsenter", "setpriv"]) {
    if (spawnSync(tool, ["--version"]).error) return `no ${tool}`;
  }
  const { status } = spawnSync("unshare", [
    "--net",
    "ip",
    "link",
    "add",
    "veth-a",
    "type",
    "veth",
    "peer",
    "name",
    "veth-b",
  ]);
  return status === 0 ? undefined : "this machine gives no network namespaces with links between them";
}
