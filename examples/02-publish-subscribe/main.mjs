// News for everybody who listens: node examples/02-publish-subscribe/main.mjs
import { deepStrictEqual } from "node:assert";
import { until, withBroker } from "../support/broker.mjs";

await withBroker(async (connect) => {
  const heard = [];
  const listener = (who) => (text) => {
    console.log(`${who} heard: ${text}`);
    heard.push(`${who}: ${text}`);
  };

  for (const screen of ["screen 1", "screen 2"]) {
    await (await connect()).fanout("news").subscribe(listener(screen)).ready;
  }
  // Two archivists are one group: each piece of news reaches one of them.
  for (let archivist = 1; archivist <= 2; archivist++) {
    await (await connect()).fanout("news").subscribe(listener("the archive"), { group: "archive" }).ready;
  }

  await (await connect()).fanout("news").publish("it rains");
  await until(() => heard.length === 3);
  deepStrictEqual(heard.toSorted(), ["screen 1: it rains", "screen 2: it rains", "the archive: it rains"]);
});
