// Questions with answers, through the broker: node examples/05-rpc/main.mjs
import { rejects, strictEqual } from "node:assert";
import { VastifyError } from "vastify";
import { withBroker } from "../support/broker.mjs";

await withBroker(async (connect) => {
  const fibonacci = (n) => {
    if (!(n >= 0)) throw new VastifyError("invalid_argument", "n must be 0 or more", { reason: "negative" });
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
  };

  const caller = (await connect()).rpc("fibonacci");
  await rejects(caller.call(1), { code: "unavailable", reason: "unroutable" });
  console.log("nobody serves it: told at once");

  const serving = (await connect()).rpc("fibonacci").serve(fibonacci);
  await serving.ready;
  const answer = await caller.call(20);
  console.log(`fibonacci(20) is ${answer}`);
  strictEqual(answer, 6765);

  // The error arrives as it was thrown.
  await rejects(caller.call(-1), { code: "invalid_argument", reason: "negative" });
});
