import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { VastifyError } from "../../src/core/index.js";
import { memorySeen, rabbit } from "../../src/messaging/index.js";
import { createService, silentLogger } from "../support/framework.js";
import { amqpUrl, startRabbit } from "../support/messaging.js";
import { uniqueName, until } from "../support/services.js";

describe.skipIf(!amqpUrl)("a work queue", () => {
  it("gives each job to one of those who consume, however many there are", async () => {
    const [sender, one, two] = [await startRabbit(), await startRabbit(), await startRabbit()];
    const name = uniqueName("jobs");
    const taken: { by: string; job: number }[] = [];
    for (const [by, broker] of Object.entries({ one, two })) {
      await broker.queue<number>(name).consume((job) => taken.push({ by, job }), { prefetch: 1 }).ready;
    }
    await Promise.all(Array.from({ length: 20 }, (_, job) => sender.queue<number>(name).send(job)));
    await until(() => taken.length === 20, "all jobs are taken");
    expect(taken.map(({ job }) => job).sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, job) => job));
    expect(new Set(taken.map(({ by }) => by))).toEqual(new Set(["one", "two"]));
  });

  it("keeps jobs until somebody consumes", async () => {
    const broker = await startRabbit();
    const jobs = broker.queue<string>(uniqueName("jobs"));
    await jobs.send("first");
    expect(await jobs.count()).toBe(1);
    const taken: string[] = [];
    jobs.consume((job) => taken.push(job));
    await until(() => taken.length === 1, "the job is taken");
  });

  it("may have the name of an exchange", async () => {
    const broker = await startRabbit({ publishTimeoutMs: 5_000 });
    const name = uniqueName("both");
    await broker.queue(name).send("job");
    await broker.fanout(name).publish("news");
    expect(await broker.queue(name).count()).toBe(1);
  });

  it("is refused under the name of one with other options", async () => {
    const broker = await startRabbit({ publishTimeoutMs: 5_000 });
    const name = uniqueName("jobs");
    await broker.queue(name).send("job");
    await expect(broker.queue(name, { priorities: 3 }).send("job")).rejects.toMatchObject({
      reason: "topology_refused",
    });
  });

  it("parks a job whose handler threw what can't be made a text", async () => {
    const broker = await startRabbit();
    const jobs = broker.queue(uniqueName("jobs"));
    const handler = () => {
      throw Object.create(null);
    };
    await jobs.consume(handler, { retry: false }).ready;
    await jobs.send("job");
    await until(async () => (await jobs.parked.count()) === 1, "it is parked");
  });

  it("repeats a failed job by its ladder, and tells the attempt", async () => {
    const broker = await startRabbit();
    const jobs = broker.queue<string>(uniqueName("jobs"));
    const attempts: number[] = [];
    const retry = { delaysMs: [10, 30] };
    const handler = (_job: string, { attempt }: { attempt: number }) => {
      attempts.push(attempt);
      if (attempt < 3) throw new Error("not yet");
    };
    await jobs.consume(handler, { retry }).ready;
    await jobs.send("try");
    await until(() => attempts.length === 3, "the third attempt");
    expect(attempts).toEqual([1, 2, 3]);
    expect(await jobs.parked.count()).toBe(0);
  });

  it("parks what fails for good, for people to list, replay and purge", async () => {
    const broker = await startRabbit();
    const jobs = broker.queue<{ n: number }>(uniqueName("jobs"));
    const handled: number[] = [];
    let isMended = false;
    const handler = ({ n }: { n: number }) => {
      if (!isMended) throw new VastifyError("unavailable", "the printer is off", { reason: "printer_off" });
      handled.push(n);
    };
    await jobs.consume(handler, { retry: { delaysMs: [10] } }).ready;
    const ids = [await jobs.send({ n: 1 }), await jobs.send({ n: 2 }), await jobs.send({ n: 3 })];
    await until(async () => (await jobs.parked.count()) === 3, "all are parked");

    const parked = await jobs.parked.list();
    expect(parked.find(({ id }) => id === ids[1])).toMatchObject({
      payload: { n: 2 },
      failures: 2,
      error: { code: "unavailable", reason: "printer_off", message: "the printer is off" },
    });
    expect(await jobs.parked.count()).toBe(3);

    isMended = true;
    expect(await jobs.parked.replay({ ids: [ids[1] as string] })).toBe(1);
    await until(() => handled.length === 1, "the replayed one is handled");
    expect(handled).toEqual([2]);
    expect(await jobs.parked.purge({ ids: [ids[0] as string] })).toBe(1);
    expect((await jobs.parked.list()).map(({ id }) => id)).toEqual([ids[2]]);
    expect(await jobs.parked.purge()).toBe(1);
    expect(await jobs.parked.count()).toBe(0);
  });

  it("refuses a payload that its schema refuses, and parks one that came from elsewhere at once", async () => {
    const broker = await startRabbit();
    const name = uniqueName("jobs");
    const schema = z.object({ width: z.number() });
    const strict = broker.queue(name, { schema });
    await strict.consume(() => {}).ready;
    await expect(strict.send({ width: "wide" } as never)).rejects.toMatchObject({
      code: "invalid_argument",
      reason: "bad_payload",
      message: expect.stringContaining("width"),
    });
    await broker.queue(name).send({ width: "wide" });
    await until(async () => (await strict.parked.count()) === 1, "it is parked");
    expect((await strict.parked.list())[0]).toMatchObject({ failures: 1, error: { reason: "bad_payload" } });
  });

  it("delays a job, and never gives it early", async () => {
    const broker = await startRabbit();
    const early: number[] = [];
    let taken = 0;
    const handler = (due: number) => {
      taken++;
      if (Date.now() < due) early.push(due - Date.now());
    };
    const jobs = broker.queue<number>(uniqueName("jobs"));
    await jobs.consume(handler).ready;
    for (const delayMs of [0, 7, 20, 345]) await jobs.send(Date.now() + delayMs, { delayMs });
    const due = Date.now() + 123;
    await jobs.send(due, { at: new Date(due) });
    await until(() => taken === 5, "all are taken");
    expect(early).toEqual([]);
  });

  it("takes the highest priority first", async () => {
    const broker = await startRabbit();
    const jobs = broker.queue<number>(uniqueName("jobs"), { priorities: 5 });
    for (const priority of [0, 3, 5]) await jobs.send(priority, { priority });
    const taken: number[] = [];
    jobs.consume((job) => taken.push(job), { prefetch: 1 });
    await until(() => taken.length === 3, "all are taken");
    expect(taken).toEqual([5, 3, 0]);
  });

  it("drops what nobody began in its time, and aborts a handler at its message's deadline", async () => {
    const broker = await startRabbit();
    const jobs = broker.queue<string>(uniqueName("jobs"));
    await jobs.send("stale", { ttlMs: 1 });
    await sleep(5);
    const taken: string[] = [];
    const aborted: unknown[] = [];
    const handler = async (job: string, { signal }: { signal: AbortSignal }) => {
      taken.push(job);
      if (job !== "slow") return;
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      aborted.push((signal.reason as VastifyError).code);
    };
    await jobs.consume(handler).ready;
    await jobs.send("slow", { deadlineMs: 100 });
    await jobs.send("fresh", { ttlMs: 60_000 });
    await until(() => aborted.length === 1 && taken.length === 2, "the slow one is aborted");
    expect(taken).toEqual(["slow", "fresh"]);
    expect(aborted).toEqual(["deadline_exceeded"]);
  });

  it("handles a message once, however often it is sent with the same id", async () => {
    const broker = await startRabbit();
    const jobs = broker.queue<string>(uniqueName("jobs"));
    const taken: string[] = [];
    const seen = memorySeen();
    await jobs.consume((job) => taken.push(job), { once: seen }).ready;
    for (const id of ["a", "b", "a", "a"]) await jobs.send(id, { id });
    await until(() => broker.health().duplicates === 2, "both duplicates are recognised");
    expect(taken).toEqual(["a", "b"]);
  });

  it("keeps the order of each key, also when one fails at first", async () => {
    const broker = await startRabbit();
    const jobs = broker.queue<number>(uniqueName("jobs"), { ordered: { partitions: 2 } });
    const taken: Record<string, number[]> = { odd: [], even: [] };
    const failedOnce = new Set<number>();
    const handler = async (n: number, { key }: { key: string | undefined }) => {
      if (n % 5 === 0 && !failedOnce.has(n)) {
        failedOnce.add(n);
        throw new Error("once more");
      }
      taken[key as string]?.push(n);
    };
    const retry = { delaysMs: [5, 5] };
    await jobs.consume(handler, { retry }).ready;
    const other = await startRabbit();
    const standby: number[] = [];
    other.queue<number>(jobs.name, { ordered: { partitions: 2 } }).consume((n) => standby.push(n), { retry });
    for (let n = 0; n < 30; n++) await jobs.send(n, { key: n % 2 ? "odd" : "even" });
    await until(() => broker.health().handled === 30, "all are handled");
    expect(taken.even).toEqual(Array.from({ length: 15 }, (_, i) => 2 * i));
    expect(taken.odd).toEqual(Array.from({ length: 15 }, (_, i) => 2 * i + 1));
    expect(standby).toEqual([]);
    await expect(jobs.send(1)).rejects.toMatchObject({ reason: "bad_option" });
  });

  it("works on quorum queues too", async () => {
    const broker = await startRabbit({ quorum: true });
    const jobs = broker.queue<string>(uniqueName("jobs"));
    const taken: string[] = [];
    const handler = (job: string, { attempt }: { attempt: number }) => {
      if (attempt === 1) throw new Error("once more");
      taken.push(job);
    };
    await jobs.consume(handler, { retry: { delaysMs: [10] } }).ready;
    await jobs.send("kept on several nodes");
    await until(() => taken.length === 1, "it is handled");
  });

  it("carries trace, headers and bytes", async () => {
    const broker = await startRabbit();
    const jobs = broker.queue<unknown>(uniqueName("jobs"));
    const taken: { job: unknown; tx: string; traceparent: string | undefined; shop: unknown }[] = [];
    await jobs.consume((job, { tx, traceparent, headers }) => taken.push({ job, tx, traceparent, shop: headers.shop }))
      .ready;
    const tx = "4bf92f3577b34da6a3ce929d0e0e4736";
    const traceparent = `00-${tx}-00f067aa0ba902b7-01`;
    await jobs.send(1, { traceparent, headers: { shop: "north" } });
    await jobs.send(2, { tx });
    await jobs.send(3, { tx: "of-another-kind" });
    await jobs.send(Buffer.from([0, 255]), { id: "own-id" });
    await until(() => taken.length === 4, "all are taken");
    expect(taken[0]).toEqual({ job: 1, tx, traceparent, shop: "north" });
    expect(taken[1]).toMatchObject({ tx, traceparent: expect.stringMatching(`^00-${tx}-[0-9a-f]{16}-01$`) });
    expect(taken[2]?.tx).toBe("of-another-kind");
    expect(taken[3]).toMatchObject({ job: Buffer.from([0, 255]), tx: "own-id" });
  });

  it("refuses large payloads with a hint, and more messages than may wait", async () => {
    const broker = await startRabbit({ maxPayloadBytes: 100, maxWaitingBytes: 150 });
    const jobs = broker.queue<string>(uniqueName("jobs"));
    await jobs.send("first");
    await expect(jobs.send("x".repeat(200))).rejects.toMatchObject({
      code: "resource_exhausted",
      reason: "payload_too_large",
      message: expect.stringContaining("streams"),
    });
    const [one, two] = await Promise.allSettled([jobs.send("x".repeat(90)), jobs.send("x".repeat(90))]);
    expect(one.status).toBe("fulfilled");
    expect(two).toMatchObject({ reason: { code: "resource_exhausted", reason: "publish_backlog" } });
  });

  it("finishes what it handles when it stops, and leaves the rest to others", async () => {
    const broker = await startRabbit();
    const jobs = broker.queue<number>(uniqueName("jobs"));
    const finished: number[] = [];
    let goOn = () => {};
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    let begun = 0;
    const handler = async (job: number) => {
      begun++;
      await held;
      finished.push(job);
    };
    await jobs.consume(handler, { prefetch: 2 }).ready;
    for (let job = 0; job < 5; job++) await jobs.send(job);
    await until(() => begun === 2, "two are at work");
    const stopped = broker.stop();
    goOn();
    await stopped;
    expect(finished.sort()).toEqual([0, 1]);
    expect(await (await startRabbit()).queue(jobs.name).count()).toBe(3);
  });
});

describe.skipIf(!amqpUrl)("exchanges", () => {
  it("a fanout reaches every subscriber, and each group once", async () => {
    const brokers = [await startRabbit(), await startRabbit(), await startRabbit()];
    const name = uniqueName("news");
    const heard: string[] = [];
    for (const [index, broker] of brokers.entries()) {
      const news = broker.fanout<string>(name);
      await news.subscribe((text) => heard.push(`${text} alone ${index}`)).ready;
      await news.subscribe((text) => heard.push(`${text} group`), { group: "desk" }).ready;
    }
    await brokers[0]?.fanout<string>(name).publish("hello");
    await until(() => heard.length >= 4, "all have heard");
    await sleep(50);
    expect(heard.sort()).toEqual(["hello alone 0", "hello alone 1", "hello alone 2", "hello group"]);
  });

  it("direct and topic exchanges go by the routing key", async () => {
    const broker = await startRabbit();
    const direct = broker.direct<string>(uniqueName("levels"));
    const topic = broker.topic<string>(uniqueName("logs"));
    const heard: string[] = [];
    await direct.subscribe(["error", "warn"], (text, { routingKey }) => heard.push(`direct ${routingKey} ${text}`))
      .ready;
    await topic.subscribe("*.error", (text, { routingKey }) => heard.push(`topic ${routingKey} ${text}`)).ready;
    await topic.subscribe(["#.info"], (text, { routingKey }) => heard.push(`topic ${routingKey} ${text}`)).ready;
    for (const level of ["error", "info"]) await direct.publish(level, "a");
    for (const key of ["kernel.error", "cron.nightly.error", "cron.nightly.info"]) await topic.publish(key, "b");
    await until(() => heard.length === 3, "three are heard");
    await sleep(50);
    expect(heard.sort()).toEqual(["direct error a", "topic cron.nightly.info b", "topic kernel.error b"]);
  });

  it("a group repeats and parks as queues do, and knows the routing key all the way", async () => {
    const broker = await startRabbit();
    const topic = broker.topic<string>(uniqueName("logs"));
    const keys: string[] = [];
    const handler = (_text: string, { routingKey }: { routingKey: string }) => {
      keys.push(routingKey);
      throw new Error("no");
    };
    await topic.subscribe("#", handler, { group: "archive", retry: { delaysMs: [10] } }).ready;
    await topic.publish("kernel.error", "a");
    await until(async () => (await topic.parked("archive").count()) === 1, "it is parked");
    expect(keys).toEqual(["kernel.error", "kernel.error"]);
    expect(await topic.parked("archive").list()).toMatchObject([{ payload: "a", routingKey: "kernel.error" }]);
  });

  it("says so when nobody subscribes to what must be heard", async () => {
    const broker = await startRabbit();
    const topic = broker.topic(uniqueName("logs"));
    await topic.publish("nobody", 1);
    await expect(topic.publish("nobody", 1, { mandatory: true })).rejects.toMatchObject({
      code: "unavailable",
      reason: "unroutable",
    });
  });
});

describe.skipIf(!amqpUrl)("events", () => {
  it("reach every subscribing target once, and with broadcast every instance", async () => {
    const target = uniqueName("shop");
    const sold = { target, name: "item.sold", version: "1.2.0", payload: z.object({ id: z.string() }) };
    const heard: string[] = [];
    const groups = [uniqueName("stock"), uniqueName("mail")];
    for (const group of [...groups, ...groups]) {
      const broker = await startRabbit({ group });
      await broker.onEvent(sold, ({ id }) => heard.push(`${group} ${id}`)).ready;
      await broker.onEvent(sold, ({ id }) => heard.push(`each ${id}`), { broadcast: true }).ready;
    }
    const next = { ...sold, version: "2.0.0" };
    await (await startRabbit({ group: "next" })).onEvent(next, () => heard.push("other version")).ready;
    const shop = await startRabbit();
    await shop.publishEvent(sold, { id: "7" });
    await until(() => heard.length >= 6, "all have heard");
    await sleep(50);
    expect(heard.sort()).toEqual([...Array(4).fill("each 7"), ...groups.map((group) => `${group} 7`)].sort());
    await expect(shop.publishEvent(sold, { id: 7 } as never)).rejects.toMatchObject({ reason: "bad_payload" });
    expect(() => shop.onEvent(sold, () => {})).toThrow(/group/);
  });
});

describe.skipIf(!amqpUrl)("rpc over RabbitMQ", () => {
  it("answers, shares requests, and gives errors as they were thrown", async () => {
    const [caller, server] = [await startRabbit(), await startRabbit()];
    const name = uniqueName("divide");
    const input = z.object({ a: z.number(), b: z.number() });
    const divide = ({ a, b }: { a: number; b: number }) => {
      if (b === 0) throw new VastifyError("invalid_argument", "b must not be 0", { reason: "by_zero", details: { b } });
      if (b < 0) throw new Error("a secret of the server");
      return a / b;
    };
    await server.rpc(name, { input, output: z.number() }).serve(divide).ready;
    const rpc = caller.rpc<{ a: number; b: number }, number>(name);
    expect(await rpc.call({ a: 6, b: 3 })).toBe(2);
    await expect(rpc.call({ a: 6, b: 0 })).rejects.toMatchObject({ reason: "by_zero", details: { b: 0 } });
    await expect(rpc.call({ a: 6, b: -1 })).rejects.toMatchObject({
      code: "internal",
      message: expect.not.stringContaining("secret"),
    });
    await expect(rpc.call({ a: 6 } as never)).rejects.toMatchObject({ reason: "bad_payload" });
  });

  it("fails at once when nobody serves, and after its time when nobody answers", async () => {
    const broker = await startRabbit();
    const rpc = broker.rpc(uniqueName("nobody"));
    await expect(rpc.call(1)).rejects.toMatchObject({ code: "unavailable", reason: "unroutable" });
    const signals: AbortSignal[] = [];
    const serving = rpc.serve((_, { signal }) => {
      signals.push(signal);
      return new Promise(() => {});
    });
    await serving.ready;
    await expect(rpc.call(1, { timeoutMs: 100 })).rejects.toMatchObject({ code: "deadline_exceeded" });
    await until(() => signals[0]?.aborted, "the handler's signal aborted");
    await serving.stop();
    await until(
      () =>
        rpc.call(1).then(
          () => false,
          ({ reason }) => reason === "unroutable",
        ),
      "nobody serves again",
    );
  });
});

describe.skipIf(!amqpUrl)("the start", () => {
  it("fails with one clear line without a broker, and does not tell the password", async () => {
    const broker = rabbit({ url: "amqp://me:secret@127.0.0.1:1", connectTimeoutMs: 200 });
    await expect(broker.start()).rejects.toMatchObject({
      code: "unavailable",
      reason: "broker_unreachable",
      message: "RabbitMQ at amqp://127.0.0.1:1 does not answer: start it, or set the right URL (AMQP_URL)",
    });
  });

  it("fails at once with wrong credentials", async () => {
    const url = amqpUrl.replace("amqp://", "amqp://nobody:wrong@");
    await expect(rabbit({ url }).start()).rejects.toMatchObject({ reason: "broker_denied" });
  });

  it("is refused for one that another service has started, which goes on working", async () => {
    const broker = await startRabbit();
    const other = createService({ name: "other", version: "1.0.0", log: silentLogger, parts: [broker] });
    await expect(other.start()).rejects.toMatchObject({ code: "failed_precondition", reason: "started_before" });
    await broker.queue(uniqueName("jobs")).send(1);
  });

  it("fails when a queue is there with other options, and says how they differ", async () => {
    const name = uniqueName("jobs");
    await (await startRabbit()).queue(name).send(1);
    const failed = startRabbit({}, (broker) => broker.queue(name, { priorities: 3 }).consume(() => {}));
    await expect(failed).rejects.toMatchObject({
      code: "failed_precondition",
      reason: "topology_refused",
      message: expect.stringContaining("x-max-priority"),
    });
  });
});

describe.skipIf(!amqpUrl)("a group on several nodes", () => {
  it("has its failed messages in a queue of its kind", async () => {
    const broker = await startRabbit();
    const topic = broker.topic(uniqueName("logs"));
    const handler = () => {
      throw new Error("no");
    };
    await topic.subscribe("#", handler, { group: "archive", quorum: true, retry: false }).ready;
    await topic.publish("a.error", "text");
    await until(async () => (await topic.parked("archive").count()) === 1, "it is parked");
  });
});

describe.skipIf(!amqpUrl)("a routing key", () => {
  it.each([undefined, 7, "é".repeat(128)])("is refused when it is %o, without holding up others", async (key) => {
    const broker = await startRabbit({ publishTimeoutMs: 5_000 });
    const topic = broker.topic(uniqueName("logs"));
    await expect(topic.publish(key as string, "text")).rejects.toMatchObject({ reason: "bad_option" });
  });
});

describe.skipIf(!amqpUrl)("an answer", () => {
  it("may be bytes", async () => {
    const broker = await startRabbit();
    const rpc = broker.rpc<Buffer, Buffer>(uniqueName("echo"));
    await rpc.serve((input) => input).ready;
    expect(await rpc.call(Buffer.from([0, 255]))).toEqual(Buffer.from([0, 255]));
  });

  it("that is an error arrives without the details that can't be sent", async () => {
    const broker = await startRabbit();
    const rpc = broker.rpc(uniqueName("failing"));
    let runs = 0;
    const handler = () => {
      runs++;
      throw new VastifyError("not_found", "no such book", { reason: "no_book", details: { id: 10n } });
    };
    await rpc.serve(handler).ready;
    await expect(rpc.call(1, { idempotent: true })).rejects.toMatchObject({ code: "not_found", reason: "no_book" });
    expect(runs).toBe(1);
  });
});

describe.skipIf(!amqpUrl)("after the stop", () => {
  it("a message to a queue that nobody named before is refused at once", async () => {
    const broker = await startRabbit();
    await broker.stop();
    await expect(broker.queue(uniqueName("jobs")).send("late")).rejects.toMatchObject({ reason: "draining" });
  });
});
