import { expect, it } from "vitest";

type Run = (args: string[]) => Promise<Record<string, unknown>>;

// The long run is `npm run proof -- fuzz-transport`.
it("200,000 mutated frames and requests leave a service serving, flat in memory", { timeout: 240_000 }, async () => {
  const { run } = (await import(new URL("../../bench/proofs/fuzz-transport.mjs", import.meta.url).href)) as {
    run: Run;
  };
  const figures = await run(["--count", "200000", "--seed", "7"]);
  expect(figures).toMatchObject({ ok: true, faults: 0 });
  expect(figures.count).toBeGreaterThanOrEqual(200_000);
});
