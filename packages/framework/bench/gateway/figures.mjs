const hops = ["moleculer", "nest"];

/** @type {import("../support/figures.mjs").Figure[]} */
export const figures = [
  { name: "gw-vs-moleculer", must: ">= 1.5", pairs: [ratio("vastify", "moleculer")] },
  { name: "gw-vs-nest", must: ">= 1.4", pairs: [ratio("vastify", "nest")] },
  { name: "gw-vs-2018", must: ">= 10", pairs: [ratio("vastify", "stack-2018")] },
  { name: "gw-vs-koa", must: ">= 0.8", pairs: [ratio("vastify", "koa")] },
  { name: "gw-guarded-vs-moleculer", must: ">= 1", pairs: [ratio("vastify-guarded", "moleculer")] },
  { name: "gw-p99-vs-best", must: "<= 1", metric: "p99Ms", pairs: [{ over: ["vastify"], under: hops }] },
];

function ratio(over, under) {
  return { over: [over], under: [under] };
}
