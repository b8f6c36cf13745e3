// Messages for those who want exactly their kind: node examples/03-direct/main.mjs
import { deepStrictEqual } from "node:assert";
import { until, withBroker } from "../support/broker.mjs";

await withBroker(async (connect) => {
  const pager = [];
  const file = [];

  const broker = await connect();
  const levels = broker.direct("levels");
  await levels.subscribe("error", (text) => pager.push(text)).ready;
  await levels.subscribe(["info", "error"], (text, { routingKey }) => file.push(`${routingKey} ${text}`)).ready;

  await levels.publish("info", "user logged in");
  await levels.publish("error", "disk is full");
  await levels.publish("debug", "nobody wants to know");

  await until(() => pager.length === 1 && file.length === 2);
  console.log("the pager got", pager, "and the file", file);
  deepStrictEqual(pager, ["disk is full"]);
  deepStrictEqual(file, ["info user logged in", "error disk is full"]);
});
