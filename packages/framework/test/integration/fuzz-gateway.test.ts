import { expect, it } from "vitest";

type Run = (args: string[]) => Promise<Record<string, unknown>>;

// The long run is `npm run proof -- fuzz-gateway`.
it("5,000 requests made of the OpenAPI document leave a gateway serving, without a 5xx that is not meant", {
  timeout: 240_000,
}, async () => {
  const { run } = (await import(new URL("../../bench/proofs/fuzz-gateway.mjs", import.meta.url).href)) as { run: Run };
  expect(await run(["--count", "5000", "--seed", "7"])).toMatchObject({ ok: true, faults: 0 });
});
