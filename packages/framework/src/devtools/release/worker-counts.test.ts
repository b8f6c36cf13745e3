import { expect, it } from "vitest";
import { otherCounts } from "./worker-counts.js";

const worker = (app: string, isCluster = true) => ({ app, isOnline: true, isCluster });

it("tells how an app gets as many workers as its file says", () => {
  const apps = [
    { name: "as-many", instances: 2 },
    { name: "max", instances: undefined },
    { name: "cluster", instances: 3 },
    { name: "fork", instances: 2 },
  ];
  const kept = [worker("as-many"), worker("as-many"), worker("max"), worker("cluster"), worker("fork", false)];
  expect(otherCounts(apps, kept, "ecosystem.config.js --env production")).toEqual([
    "cluster has 1 of 3 workers, as a reload keeps their number: pm2 scale cluster 3",
    "fork has 1 of 2 workers, as a reload keeps their number: pm2 delete fork && pm2 start ecosystem.config.js --env production --only fork",
  ]);
});
