import type { RunningRabbitmq } from "@vastify/backends";
import { startRabbitmq } from "@vastify/backends";
import { connect } from "amqplib";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { rabbit } from "../../src/messaging/index.js";
import { amqpUrl, startRabbit } from "../support/messaging.js";
import { uniqueName, until } from "../support/services.js";

// A broker may take its time to come back; nothing here is judged by it.
const patienceMs = 120_000;

/** An amqplib channel of a stranger, who may do to the broker what we never would. */
async function strangerAt(url: string) {
  const model = await connect(url);
  onTestFinished(() => model.close().catch(() => {}));
  return model.createChannel();
}

describe.skipIf(!amqpUrl)("messaging heals", { timeout: 3 * patienceMs }, () => {
  let own: RunningRabbitmq;
  beforeAll(async () => {
    own = await startRabbitmq({ startTimeoutMs: patienceMs });
  }, patienceMs);
  afterAll(() => own?.remove());

  it.each(["stop", "kill"] as const)(
    "after the broker's %s and start: nothing is lost, consumers come back",
    async (end) => {
      const broker = await startRabbit({ publishTimeoutMs: patienceMs, url: own.url });
      const jobs = broker.queue<number>(uniqueName("jobs"));
      const taken = new Set<number>();
      await jobs.consume((job) => taken.add(job)).ready;
      const sent: Promise<string>[] = [];
      for (let job = 0; job < 300; job++) sent.push(jobs.send(job));
      await Promise.race(sent);
      await own[end]();
      expect(broker.health().ok).toBe(false);
      for (let job = 300; job < 600; job++) sent.push(jobs.send(job));
      await own.start();
      await Promise.all(sent);
      await until(() => taken.size === 600, "every job was handled", patienceMs).catch(async (error: unknown) => {
        throw new Error(`${taken.size} of 600, ${await jobs.count()} wait; ${JSON.stringify(broker.health())}`, {
          cause: error,
        });
      });
      expect(broker.health().ok).toBe(true);
    },
  );

  it("own queues of subscribers and requests work again after a restart", async () => {
    const broker = await startRabbit({ publishTimeoutMs: patienceMs, url: own.url });
    const news = broker.fanout<string>(uniqueName("news"));
    const heard: string[] = [];
    await news.subscribe((text) => heard.push(text)).ready;
    const rpc = broker.rpc<number, number>(uniqueName("double"));
    await rpc.serve((n) => 2 * n).ready;
    await own.kill();
    await own.start();
    await news.publish("back");
    await until(() => heard.length === 1, "the news are heard", patienceMs);
    expect(await until(() => rpc.call(21), "requests are answered", patienceMs)).toBe(42);
  });

  it("publishers wait while the broker blocks them; consumers go on", async () => {
    const broker = await startRabbit({ publishTimeoutMs: patienceMs, url: own.url });
    const jobs = broker.queue<number>(uniqueName("jobs"));
    const taken: number[] = [];
    let goOn = () => {};
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    await jobs.consume(async (job) => {
      if (job === 1) await held;
      taken.push(job);
    }).ready;
    await jobs.send(1);
    onTestFinished(own.unblock);
    await own.block();
    // It takes the broker a moment, and then only who publishes is told.
    const later: Promise<string>[] = [];
    const isBlocked = () => {
      if (!broker.health().blocked) later.push(jobs.send(2 + later.length));
      return broker.health().blocked;
    };
    await until(isBlocked, "it is blocked", patienceMs);
    expect(broker.health().ok).toBe(false);
    await expect(jobs.send(0, { timeoutMs: 100 })).rejects.toMatchObject({ code: "unavailable" });
    goOn();
    await until(() => taken.includes(1), "the first is handled meanwhile", patienceMs);
    await own.unblock();
    await Promise.all(later);
    await until(() => taken.includes(1 + later.length), "the last is handled", patienceMs);
    expect(broker.health().blocked).toBeUndefined();
  });

  it("declares a queue anew that was deleted under its consumer and its publisher", async () => {
    const broker = await startRabbit({ publishTimeoutMs: patienceMs, url: own.url });
    const [consumed, published] = [uniqueName("jobs"), uniqueName("jobs")];
    const taken: string[] = [];
    await broker.queue<string>(consumed).consume((job) => taken.push(job)).ready;
    const jobs = broker.queue<string>(published);
    await jobs.send("lost with its queue");
    const stranger = await strangerAt(own.url);
    await stranger.deleteQueue(consumed);
    await stranger.deleteQueue(published);
    await jobs.send("safe");
    expect(await jobs.count()).toBe(1);
    await until(
      async () => (await stranger.checkQueue(consumed)).consumerCount === 1,
      "it is consumed again",
      patienceMs,
    );
    await broker.queue<string>(consumed).send("again");
    await until(() => taken.length === 1, "the job is taken", patienceMs);
  });

  it("publishes again after its channel broke over an exchange that was deleted", async () => {
    const broker = await startRabbit({ publishTimeoutMs: patienceMs, url: own.url });
    const name = uniqueName("logs");
    const topic = broker.topic<number>(name);
    await topic.publish("a", 1);
    await (await strangerAt(own.url)).deleteExchange(name);
    await topic.publish("a", 2);
    const heard: number[] = [];
    await topic.subscribe("a", (n) => heard.push(n)).ready;
    await topic.publish("a", 3);
    await until(() => heard.length === 1, "it is heard", patienceMs);
  });

  it("notices a broker that hangs by its heartbeats", async () => {
    const broker = await startRabbit({ publishTimeoutMs: patienceMs, url: `${own.url}?heartbeat=1` });
    const jobs = broker.queue<number>(uniqueName("jobs"));
    const taken: number[] = [];
    await jobs.consume((job) => taken.push(job)).ready;
    own.freeze();
    const sent = jobs.send(1);
    await until(() => !broker.health().ok, "the connection is given up", patienceMs);
    own.goOn();
    await sent;
    await until(() => taken.length > 0, "the job is taken", patienceMs);
  });

  it("stops in time while the broker is away, and tells those who wait", async () => {
    const broker = await startRabbit({ publishTimeoutMs: patienceMs, url: own.url, graceMs: 200 });
    const jobs = broker.queue<number>(uniqueName("jobs"));
    await jobs.consume(() => {}).ready;
    await own.kill();
    await until(() => !broker.health().ok, "it is noticed", patienceMs);
    const waiting = expect(jobs.send(1)).rejects.toMatchObject({ code: "unavailable", reason: "draining" });
    await broker.stop();
    await waiting;
    await expect(jobs.send(2)).rejects.toMatchObject({ reason: "draining" });
    await own.start();
  });

  it("waits for a broker when it is told to", async () => {
    await own.stop();
    const broker = rabbit({ url: own.url, waitForBroker: true, connectTimeoutMs: 500 });
    onTestFinished(() => broker.stop());
    const started = broker.start();
    const jobs = broker.queue<number>(uniqueName("jobs"));
    const sent = jobs.send(1);
    await own.start();
    await started;
    await sent;
    expect(await jobs.count()).toBe(1);
  });

  it("starts and stays healthy without a broker that it can do without", async () => {
    await own.stop();
    const broker = rabbit({ url: own.url, optional: true, connectTimeoutMs: 500 });
    onTestFinished(() => broker.stop());
    await broker.start();
    expect(broker.health()).toMatchObject({ ok: true, reachable: false });
    const jobs = broker.queue<number>(uniqueName("jobs"));
    const sent = jobs.send(1);
    await own.start();
    await sent;
    expect(await jobs.count()).toBe(1);
    expect(broker.health()).toMatchObject({ ok: true, reachable: true });
  });
});
