import { callKey } from "./across.mjs";

const peers = ["moleculer", "nest"];
const hot = callKey(64, "100B");

/** @type {import("../support/figures.mjs").Figure[]} */
export const figures = [
  { name: "act-vs-moleculer", must: ">= 1.2", pairs: [ratio("act/vastify", "act/moleculer")] },
  { name: "act-vs-moleculer-timeout", must: ">= 3", pairs: [ratio("act/vastify", "act/moleculer-timeout")] },
  {
    name: "nested-vs-moleculer",
    must: ">= 2",
    pairs: [{ over: ["nested/vastify", "nested-post/vastify"], under: ["nested/moleculer"] }],
  },
  { name: "act-rss-60s", must: "< 20", key: "growth" },
  { name: "call-vs-nest", must: ">= 1.5", pairs: [ratio(`${hot}/vastify`, `${hot}/nest`)] },
  { name: "call-vs-moleculer", must: ">= 2.2", pairs: [ratio(`${hot}/vastify`, `${hot}/moleculer`)] },
  { name: "call-vs-seneca", must: ">= 40", pairs: [ratio(`${hot}/vastify`, `${hot}/seneca-http`)] },
  { name: "call-vs-socket", must: ">= 0.85", pairs: [ratio(`${hot}/vastify`, `${hot}/socket-frames`)] },
  { name: "call1-vs-best", must: ">= 1.1", pairs: [againstBest(callKey(1, "100B"))] },
  { name: "p99-vs-best", must: "<= 0.7", metric: "p99Ms", pairs: [againstBest(hot)] },
  { name: "call10k-vs-best", must: ">= 1.15", pairs: [againstBest(callKey(64, "10KB"))] },
  { name: "pending-10000-vs-0", must: ">= 0.9", pairs: [ratio("pending-10000/vastify", "pending-0/vastify")] },
  {
    name: "patterns-10000-vs-10",
    must: ">= 0.9",
    pairs: [
      ratio("patterns/vastify-many", "patterns/vastify-few"),
      ratio("patterns-call/vastify-many", "patterns-call/vastify-few"),
    ],
  },
];

function ratio(over, under) {
  return { over: [over], under: [under] };
}

function againstBest(cell) {
  return { over: [`${cell}/vastify`], under: peers.map((peer) => `${cell}/${peer}`) };
}
