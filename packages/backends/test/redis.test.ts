import { connect } from "node:net";
import { startRedis } from "@vastify/backends";
import { afterEach, describe, expect, it } from "vitest";

const stops: Array<() => Promise<void>> = [];
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

async function started() {
  const redis = await startRedis();
  stops.push(redis.stop);
  return redis;
}

function say(port: number, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(`${command}\r\n`));
    socket.once("error", reject).once("data", (data) => {
      resolve(data.toString().trim());
      socket.destroy();
    });
  });
}

describe.skipIf(!process.env.TEST_REDIS_URL)("a started Redis", () => {
  it("answers until it is stopped, which may be done twice", async () => {
    const redis = await started();
    expect(await say(redis.port, "PING")).toBe("+PONG");
    await redis.stop();
    await redis.stop();
    await expect(say(redis.port, "PING")).rejects.toThrow("ECONNREFUSED");
  });

  it("comes back empty on the same port after a crash", async () => {
    const redis = await started();
    const { pid, url } = redis;
    expect(await say(redis.port, "SET key value")).toBe("+OK");
    await redis.kill();
    await redis.start();
    expect(redis.pid).not.toBe(pid);
    expect(redis.url).toBe(url);
    expect(await say(redis.port, "EXISTS key")).toBe(":0");
  });

  it("says nothing while it is frozen, and goes on afterwards", async () => {
    const redis = await started();
    redis.freeze();
    const answer = say(redis.port, "PING");
    redis.thaw();
    expect(await answer).toBe("+PONG");
  });
});
