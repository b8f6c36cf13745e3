import { spawnSync } from "node:child_process";
import { createChildren } from "../support/children.mjs";
import { readProofArgs } from "./system/proof-args.mjs";

export const summary =
  "two hosts whose link drops for 20 s: the near instances go on, the far ones are used again (root) [--seconds N] [--rate N] [--quick]";

const choices = { defaults: { seconds: 20, settle: 20, rate: 100 }, quick: { seconds: 16, settle: 14 } };
/** What callers may choose. The heartbeat must leave a call time for another try: its deadline is 5 s. */
const ways = {
  "by default": {},
  "reads hedged after 200 ms": { policies: { work: { hedge: { afterMs: 200 } } } },
  "heartbeats every 1.5 s": { peers: { heartbeatMs: 1_500 } },
};
/** Consul asks every 10 s and waits for 2 s; by then everybody knows. */
const noticedAfterSeconds = 15;
const usedAgainAfterSeconds = 15;

/** @param {string[]} args */
export async function run(args) {
  const { seconds, settle, rate } = readProofArgs(args, choices);
  const skipped = whyNot();
  if (skipped) {
    console.log(`skipped: ${skipped}`);
    return { ok: true, skipped };
  }
  console.log(`2 instances near, 2 far, a gateway near; ${rate} requests/s; the link drops for ${seconds} s`);
  const figures = {};
  for (const [name, options] of Object.entries(ways)) {
    console.log(`${name}:`);
    figures[name] = await partition({ seconds, settle, rate, options });
    const { lastFailureSentAfterSeconds, farUsedAgainAfterSeconds } = figures[name];
    console.log(`the last request that failed was sent ${lastFailureSentAfterSeconds} s after the link dropped`);
    console.log(`the far instances are used again ${farUsedAgainAfterSeconds} s after its return`);
  }
  const isFine = ({ lastFailureSentAfterSeconds, fewestAnswersInASecond, farUsedAgainAfterSeconds }) =>
    lastFailureSentAfterSeconds <= noticedAfterSeconds &&
    fewestAnswersInASecond > 0 &&
    farUsedAgainAfterSeconds !== null &&
    farUsedAgainAfterSeconds <= usedAgainAfterSeconds;
  const { reads } = figures["heartbeats every 1.5 s"];
  return { ok: Object.values(figures).every(isFine) && reads.failed === 0, ...figures };
}

/** The near host is a process in a network namespace of its own. */
async function partition(options) {
  const children = createChildren();
  try {
    const file = new URL("partition/near-child.mjs", import.meta.url);
    const nearHost = children.start(file, { within: ["unshare", "--net"], isShown: true });
    return await nearHost.ask("partition", options, 300_000);
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
