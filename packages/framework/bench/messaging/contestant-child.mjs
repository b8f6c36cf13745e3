// One side of a contestant: node contestant-child.mjs NAME
import { atConcurrency } from "../calls/load.mjs";
import { payloads } from "../calls/payloads.mjs";
import { answerParent } from "../support/child.mjs";

const { open } = await import(`./contestants/${process.argv[2]}.mjs`);
const data = payloads["100B"];
let contestant;
let handled = 0;
let onHandled = () => {};

answerParent({
  async open(place) {
    contestant = await open(place);
  },
  serve: () => contestant.serve((asked) => asked),
  /** Takes whatever comes, from now on. */
  consume: ({ prefetch }) =>
    contestant.consume(async () => {
      handled++;
      onHandled();
    }, prefetch),
  /** Resolves once so many are handled after the first ones. */
  awaitHandled: ({ first, count }) =>
    new Promise((resolve) => {
      let startedAt;
      onHandled = () => {
        if (handled === first) startedAt = performance.now();
        if (handled < first + count) return;
        onHandled = () => {};
        resolve({ perSecond: (count * 1_000) / (performance.now() - startedAt) });
      };
    }),
  publish: ({ concurrency, seconds }) => atConcurrency(contestant.send, data, concurrency, seconds),
  call: ({ concurrency, seconds }) => atConcurrency(contestant.call, data, concurrency, seconds),
  /** Fills the queue. */
  async fill(count) {
    for (let sent = 0; sent < count; sent += 500)
      await Promise.all(Array.from({ length: 500 }, () => contestant.send(data)));
  },
});
