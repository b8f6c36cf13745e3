// Jobs, each for one worker: node examples/01-work-queue/main.mjs
import { deepStrictEqual, strictEqual } from "node:assert";
import { until, withBroker } from "../support/broker.mjs";

await withBroker(async (connect) => {
  const done = [];

  for (const worker of ["Ada", "Ben"]) {
    const broker = await connect();
    const resize = async ({ picture }, { attempt }) => {
      // A passing failure is repeated a little later; what fails for good is parked, and nothing else waits for it.
      if (picture === "big.png" && attempt === 1) throw new Error("out of memory");
      if (picture === "broken.png") throw new Error("not a picture");
      console.log(`${worker} resized ${picture} at attempt ${attempt}`);
      done.push(picture);
    };
    await broker.queue("pictures").consume(resize, { prefetch: 1, retry: { delaysMs: [100, 200] } }).ready;
  }

  const pictures = (await connect()).queue("pictures");
  for (const picture of ["small.png", "big.png", "broken.png", "other.png"]) await pictures.send({ picture });

  await until(async () => done.length === 3 && (await pictures.parked.count()) === 1);
  deepStrictEqual(done.toSorted(), ["big.png", "other.png", "small.png"]);
  const [parked] = await pictures.parked.list();
  console.log(`parked: ${parked.payload.picture} after ${parked.failures} attempts`);
  strictEqual(parked.payload.picture, "broken.png");
  strictEqual(await pictures.parked.purge(), 1);
});
