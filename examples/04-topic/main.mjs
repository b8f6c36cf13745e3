// Logs by patterns, `*` for one word and `#` for any number: node examples/04-topic/main.mjs
import { deepStrictEqual } from "node:assert";
import { until, withBroker } from "../support/broker.mjs";

await withBroker(async (connect) => {
  const got = { "*.error": [], "#.info": [] };

  for (const pattern of Object.keys(got)) {
    const logs = (await connect()).topic("logs");
    await logs.subscribe(pattern, (text, { routingKey }) => got[pattern].push(`${routingKey}: ${text}`)).ready;
  }

  const logs = (await connect()).topic("logs");
  await logs.publish("account.error", "no such user");
  await logs.publish("account.login.error", "three words, so `*.error` does not match");
  await logs.publish("account.info", "user 7 logged in");
  await logs.publish("account.login.info", "from a new device");
  await logs.publish("info", "one word is enough for `#.info`");
  await logs.publish("account.debug", "nobody listens");

  await until(() => got["*.error"].length === 1 && got["#.info"].length === 3);
  for (const [pattern, lines] of Object.entries(got)) console.log(pattern, lines);
  deepStrictEqual(got["*.error"], ["account.error: no such user"]);
  deepStrictEqual(
    got["#.info"].map((line) => line.split(":")[0]),
    ["account.info", "account.login.info", "info"],
  );
});
