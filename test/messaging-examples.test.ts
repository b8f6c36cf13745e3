import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const amqpUrl = process.env.TEST_AMQP_URL ?? "";
const root = join(import.meta.dirname, "..");
const examples = ["01-work-queue", "02-publish-subscribe", "03-direct", "04-topic", "05-rpc"];

describe.skipIf(!amqpUrl)("the example", () => {
  it.each(examples)("%s does what it says", async (name) => {
    const { stdout } = await promisify(execFile)(process.execPath, [`examples/${name}/main.mjs`], {
      cwd: root,
      env: { ...process.env, AMQP_URL: amqpUrl },
    });
    expect(stdout.trim().split("\n").at(-1)).toBe("as expected");
  });
});
