// The service that takes an upload, or the gateway before it, as a process of its own.
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { createGateway, createService, readForm, uploadOf } from "vastify";
import { answerParent } from "../../support/child.mjs";

const [kind, address] = process.argv.slice(2);
const options = { version: "1.0.0", consul: { address }, log: { level: "warn" } };
const upload = { kind: "multipart", maxBytes: 2 ** 31 };
const files = { prefix: "/files", pin: "module:files,if:*", map: { put: { POST: true, name: "", upload } } };

function takeFiles() {
  this.add("module:files,if:put", async (message) => {
    const form = readForm(uploadOf(message));
    const hash = createHash("sha256");
    let bytes = 0;
    for await (const { stream } of form.files)
      for await (const chunk of stream) {
        hash.update(chunk);
        bytes += chunk.length;
      }
    return { bytes, sha: hash.digest("hex"), fields: { ...form.fields } };
  });
}

const live =
  kind === "gateway"
    ? createGateway({ name: "gateway", ...options })
    : createService({ name: "files", ...options, modules: [{ plugin: takeFiles, routes: files }] });

answerParent({
  async start() {
    await live.start();
    while (kind === "gateway" && live.routes.length === 0) await sleep(20);
    return `${live.addresses.http}/files`;
  },
  residentBytes: () => process.memoryUsage.rss(),
});
