import { createHash, randomBytes } from "node:crypto";
import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createRegistry } from "vastify/devtools";
import { createChildren } from "../support/children.mjs";

export const summary =
  "1 GB as a form through a gateway to its service: neither grows by 64 MB, and the bytes are the same [--quick: 200 MB]";

const mebibyte = 1_048_576;
const mostGrowthMiB = 64;
const boundary = "----------------proof";
const samplingMs = 100;

/** @param {string[]} args */
export async function run(args) {
  const { values } = parseArgs({ args, options: { quick: { type: "boolean" } } });
  const blocks = values.quick ? 200 : 1_024;
  const registry = createRegistry({ port: 0 });
  const children = createChildren();
  try {
    const log = { debug() {}, info() {}, warn: console.warn, error: console.error };
    await registry.start({ log, signal: new AbortController().signal });
    const address = registry.url;
    const start = (kind) =>
      children.start(new URL("upload/upload-child.mjs", import.meta.url), { args: [kind, address] });
    const service = start("service");
    await service.ask("start");
    const gateway = start("gateway");
    const url = await gateway.ask("start");
    // What the first upload brings into memory once (code, pools) is not what a larger one would add.
    const first = await upload(url, 16);
    if (first.status !== 200) throw new Error(`the first upload was refused: ${JSON.stringify(first.answer)}`);
    const watched = [watch("gateway", gateway), watch("service", service)];
    const startedAt = performance.now();
    const { status, answer, sha } = await upload(url, blocks);
    const seconds = (performance.now() - startedAt) / 1_000;
    const growth = Object.fromEntries(await Promise.all(watched.map((each) => each.stop())));
    const same = answer.sha === sha && answer.bytes === blocks * mebibyte && answer.fields?.after === "last";
    const ok = status === 200 && same && Object.values(growth).every((mib) => mib < mostGrowthMiB);
    return { ok, status, same, mebibytes: blocks, growthMiB: growth, mebibytesPerSecond: Math.round(blocks / seconds) };
  } finally {
    await children.stopAll();
    await registry.stop();
  }
}

/** Sends a form: a field, a file of so many mebibytes, and a field after it. */
async function upload(url, blocks) {
  const hash = createHash("sha256");
  const block = randomBytes(mebibyte);
  const sent = request(url, {
    method: "POST",
    headers: { "content-type": `multipart/form-data; boundary=${boundary}` },
  });
  const answered = new Promise((resolve, reject) => sent.on("response", resolve).on("error", reject));
  // An upload that is refused is answered before it is through.
  let isAnswered = false;
  answered.then(
    () => (isAnswered = true),
    () => (isAnswered = true),
  );
  const write = (chunk) =>
    sent.write(chunk) || Promise.race([new Promise((resolve) => sent.once("drain", resolve)), answered]);
  const part = (disposition) => `--${boundary}\r\ncontent-disposition: form-data; ${disposition}\r\n\r\n`;
  await write(`${part('name="before"')}first\r\n${part('name="file"; filename="big.bin"')}`);
  for (let n = 0; n < blocks && !isAnswered; n++) {
    block.writeUInt32BE(n);
    const copy = Buffer.from(block);
    hash.update(copy);
    await write(copy);
  }
  sent.end(`\r\n${part('name="after"')}last\r\n--${boundary}--\r\n`);
  const response = await answered;
  const answer = JSON.parse(Buffer.concat(await response.toArray()).toString());
  return { status: response.statusCode, answer, sha: hash.digest("hex") };
}

/** Looks at how much memory a process holds, again and again. */
function watch(name, child) {
  let isOver = false;
  const watching = (async () => {
    const before = await child.ask("residentBytes");
    let most = before;
    while (!isOver) {
      most = Math.max(most, await child.ask("residentBytes"));
      await sleep(samplingMs);
    }
    return [name, Math.round((most - before) / mebibyte)];
  })();
  return {
    stop() {
      isOver = true;
      return watching;
    },
  };
}
