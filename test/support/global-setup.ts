import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startConsul, startMongoEngine, startRabbitmq, startRedis } from "@vastify/backends";

type Stop = () => Promise<void>;

/**
 * Gives the integration tests one real Consul (TEST_CONSUL_HTTP_ADDR), one real MongoDB engine (TEST_MONGODB_URI), one
 * real RabbitMQ (TEST_AMQP_URL) and one real Redis (TEST_REDIS_URL), unless the environment names its own. What cannot be
 * started leaves its variable empty, so that the tests that need it are skipped; with REQUIRE_BACKENDS=1 the run fails
 * instead.
 */
export default async function setUp(): Promise<Stop> {
  const stops: Stop[] = [];
  const stopAll = async () => {
    await Promise.allSettled(stops.splice(0).map((stop) => stop()));
  };
  const started = await Promise.allSettled([
    provide("TEST_CONSUL_HTTP_ADDR", startTestConsul, stops),
    provide("TEST_MONGODB_URI", startTestMongo, stops),
    provide("TEST_AMQP_URL", startTestRabbitmq, stops),
    provide("TEST_REDIS_URL", startTestRedis, stops),
  ]);
  const failed = started.find((result) => result.status === "rejected");
  if (failed) {
    await stopAll();
    throw failed.reason;
  }
  return stopAll;
}

async function provide(name: string, start: (stops: Stop[]) => Promise<string>, stops: Stop[]): Promise<void> {
  if (process.env[name]) return;
  try {
    process.env[name] = await start(stops);
    stops.push(async () => {
      delete process.env[name];
    });
  } catch (error) {
    if (process.env.REQUIRE_BACKENDS === "1") throw error;
    console.warn(`Tests that need ${name} are skipped: ${(error as Error).message}`);
  }
}

async function startTestConsul(stops: Stop[]): Promise<string> {
  const consul = await startConsul();
  stops.push(consul.stop);
  return consul.httpAddr;
}

async function startTestRabbitmq(stops: Stop[]): Promise<string> {
  const broker = await startRabbitmq();
  stops.push(broker.remove);
  return broker.url;
}

async function startTestRedis(stops: Stop[]): Promise<string> {
  const redis = await startRedis();
  stops.push(redis.stop);
  return redis.url;
}

async function startTestMongo(stops: Stop[]): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "vastify-test-mongo-"));
  const removeDir = () => rm(dir, { recursive: true, force: true });
  try {
    const engine = await startMongoEngine({ dir });
    stops.push(async () => {
      await engine.stop();
      await removeDir();
    });
    return engine.uri;
  } catch (error) {
    await removeDir();
    throw error;
  }
}
