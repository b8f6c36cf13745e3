import { expect, it } from "vitest";
import type { RouteDocument } from "./route-document.js";
import { tryCandidates } from "./try-candidates.js";

/** Targets with the versions alive and their rules, and what happens when a share is watched. */
function system(alive: Record<string, string[]>, rules: Record<string, RouteDocument> = {}, happens?: () => void) {
  const said: string[] = [];
  const written: RouteDocument["weights"][] = [];
  const run = (...candidates: string[]) =>
    tryCandidates(
      candidates.map((text) => ({ target: text.split("@")[0] ?? "", version: text.split("@")[1] ?? "" })),
      {
        ...{
          weights: [10],
          watchMs: happens ? 60_000 : 0,
          waitMs: 0,
          minCalls: undefined,
          signal: new AbortController().signal,
        },
        output: { out: (text) => void said.push(text), err: (text) => void said.push(text) },
        traffic: {
          versionsOf: async (target) => alive[target] ?? [],
          rulesOf: (target) => rules[target] ?? {},
          async change(target, change) {
            const document = change(rules[target] ?? {});
            rules[target] = document;
            written.push(document.weights);
          },
          news: async () => happens?.(),
        },
      },
    );
  return { run, said, written, rules };
}

it("a candidate alone, or one that has all calls already, is left alone", async () => {
  const { run, said, written } = system(
    { alone: ["1.1.0"], done: ["1.1.0", "1.0.0"] },
    { done: { weights: { "1.1.0": 100 } } },
  );
  expect(await run("alone@1.1.0", "done@1.1.0")).toBe(0);
  expect(said).toEqual(["alone: only 1.1.0 is alive, and gets all calls", "done: 1.1.0 gets all calls already"]);
  expect(written).toEqual([]);
});

it("a weight of versions that are gone is nobody's: the newest of the others gets the rest", async () => {
  const { run, written } = system({ shop: ["1.1.0", "1.0.0"] }, { shop: { weights: { "0.9.0": 100 } } });
  expect(await run("shop@1.1.0")).toBe(0);
  expect(written).toEqual([{ "1.0.0": 90, "1.1.0": 10 }, { "1.1.0": 100 }]);
});

it("candidates of one release are taken back together", async () => {
  const rules: Record<string, RouteDocument> = {};
  const alive = { shop: ["1.1.0", "1.0.0"], stock: ["3.0.0", "2.0.0"] };
  const { run, said } = system(alive, rules, () => {
    rules.stock = { weights: { "2.0.0": 90, "3.0.0": 0 }, rolledBack: { version: "3.0.0", why: "it fails" } };
  });
  expect(await run("shop@1.1.0", "stock@3.0.0")).toBe(1);
  expect(said).toContain("stock 3.0.0 was taken back: it fails");
  expect([rules.shop?.weights, rules.stock?.weights]).toEqual([
    { "1.0.0": 90, "1.1.0": 0 },
    { "2.0.0": 90, "3.0.0": 0 },
  ]);
});

it("nothing is written when a candidate does not come", async () => {
  const { run, said, written } = system({ shop: ["1.0.0"] });
  expect(await run("shop@1.1.0")).toBe(1);
  expect([said, written]).toEqual([["no instance of shop 1.1.0 is alive"], []]);
});
