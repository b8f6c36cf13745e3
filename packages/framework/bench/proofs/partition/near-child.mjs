// The near host: a process in a network namespace of its own, which starts everything else.
import { answerParent } from "../../support/child.mjs";
import { wallClock } from "../../support/wall-clock.mjs";
import { createHttpRequests } from "../system/http-requests.mjs";
import { whenServed } from "../system/kill.mjs";
import { startLoad } from "../system/load.mjs";
import { withSystem } from "../system/system.mjs";
import { countBy, lineOf, talliesByKind } from "../system/tally.mjs";
import { createHosts } from "./hosts.mjs";

const delayMs = 5;

answerParent({
  async partition({ seconds, settle, rate, options }) {
    const hosts = await createHosts();
    const settings = { addresses: { http: `127.0.0.1 ${hosts.near.address}` } };
    try {
      return await withSystem({ settings }, (system) => measure({ system, hosts, seconds, settle, rate, options }));
    } finally {
      hosts.end();
    }
  },
});

async function measure({ system, hosts, seconds, settle, rate, options }) {
  const { consul } = system;
  const reachable = { address: `${hosts.near.address}:${consul.port}` };
  const onNear = { delayMs, options: { host: hosts.near.address } };
  const onFar = { delayMs, options: { host: hosts.far.address, consul: reachable }, within: hosts.far.within };
  const near = await Promise.all([onNear, onNear].map(system.startService));
  const far = await Promise.all([onFar, onFar].map(system.startService));
  const gateway = await system.startGateway({ options });
  await whenServed(gateway, [...near, ...far]);
  const requests = await createHttpRequests({ url: gateway.url });
  const load = startLoad({ perSecond: rate, send: requests.send });
  await load.runFor(5);

  hosts.cut();
  const cutAt = wallClock();
  await load.runFor(seconds);
  hosts.mend();
  const mendedAt = wallClock();
  await load.runFor(settle);
  const outcomes = await load.stop();
  await requests.close();

  const isFar = ({ by }) => far.some(({ instance }) => instance === by);
  const secondsSince = (at, time) => Number(((time - at) / 1_000).toFixed(1));
  const failed = outcomes.filter(({ error }) => error);
  const lastFailed = Math.max(cutAt, ...failed.map(({ sentAt }) => sentAt));
  const farAgain = outcomes.find((one) => isFar(one) && one.sentAt > mendedAt)?.sentAt;
  const answersBySecond = Array.from({ length: seconds }, (_, second) => {
    const from = cutAt + second * 1_000;
    return outcomes.filter(({ error, sentAt }) => !error && sentAt >= from && sentAt < from + 1_000).length;
  });
  const { read, write } = talliesByKind(outcomes);
  for (const [kind, tally] of Object.entries({ reads: read, writes: write })) console.log(lineOf(kind, tally));
  return {
    reads: read,
    writes: write,
    failedBefore: failed.filter(({ sentAt, ms }) => sentAt + ms < cutAt).length,
    lastFailureSentAfterSeconds: secondsSince(cutAt, lastFailed),
    fewestAnswersInASecond: Math.min(...answersBySecond),
    farUsedAgainAfterSeconds: farAgain === undefined ? null : secondsSince(mendedAt, farAgain),
    answeredBy: Object.values(countBy(outcomes, "by")),
  };
}
