import { createHash } from "node:crypto";
import { once } from "node:events";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import type { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import {
  defineAction,
  defineContract,
  type FormLimits,
  implement,
  readForm,
  type Upload,
  type UploadRules,
  uploadOf,
} from "../../src/index.js";
import { consulAddress, startGateway, startService, uniqueName, until } from "../support/services.js";

const sha256 = (bytes: string | Uint8Array) => createHash("sha256").update(bytes);

/** What has come of a form, as the action tells it. */
async function formOf(upload: Upload, limits: FormLimits) {
  const form = readForm(upload, limits);
  const files = [];
  for await (const { field, name, type, stream } of form.files) {
    if (name === "skip") continue;
    files.push({ field, name, type, ...(await digestOf(stream)) });
  }
  return { files, fields: { ...form.fields } };
}

async function digestOf(stream: Readable) {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    hash.update(chunk);
  }
  return { bytes, sha: hash.digest("hex") };
}

interface Serving {
  readonly rules?: Partial<UploadRules>;
  readonly limits?: FormLimits;
  /** Instead of reading the upload to its end. */
  readonly act?: (upload: Upload) => unknown;
}

/** A service with an upload route by contract and one by a module, at the gateway and at its own port. */
async function serving({ rules, limits = {}, act }: Serving = {}) {
  const name = uniqueName("uploads");
  const take = async (upload: Upload) => {
    if (act) return (await act(upload)) as object;
    return upload.type.startsWith("multipart") ? formOf(upload, limits) : { ...(await digestOf(upload.stream)) };
  };
  const upload = { kind: "multipart", ...rules } as UploadRules;
  const contract = defineContract({
    target: name,
    version: "1.0.0",
    actions: {
      put: defineAction({
        access: "public",
        rest: { method: "POST", path: `/${name}/contract/:id`, upload },
        input: z.object({ id: z.int(), tag: z.string().optional() }),
        output: z.looseObject({}),
      }),
    },
  });
  const implementation = implement(contract, {
    put: async ({ id, tag }, context) => ({ id, tag, ...(await take(context.upload)) }),
  });
  function files(this: { add: (pattern: object, action: (message: never) => unknown) => void }) {
    this.add({ module: name, if: "put" }, async (message: { args: { params: { id: string } } }) => ({
      id: Number(message.args.params.id),
      ...(await take(uploadOf(message as never))),
    }));
  }
  const map = { put: { POST: true, name: "module", suffix: "/:id", upload } };
  const routes = { prefix: `/${name}`, pin: `module:${name},if:*`, map };
  const service = await startService({
    name,
    contracts: [implementation],
    modules: [{ plugin: files as never, routes }],
  });
  const gateway = await startGateway({ name: uniqueName("gateway") });
  await until(() => gateway.routes.filter(({ target }) => target === name).length === 2, "the gateway serves it");
  const at = (base: string | undefined, kind: string) => `${base}/${name}/${kind}/7`;
  const urls = [gateway, service].flatMap(({ addresses }) =>
    ["contract", "module"].map((kind) => at(addresses.http, kind)),
  );
  return { urls, url: urls[0] as string };
}

type Part = readonly [name: string, value: string | Blob, fileName?: string];

function post(url: string, parts: readonly Part[]): Promise<Response> {
  const body = new FormData();
  for (const [name, value, fileName] of parts) {
    if (typeof value === "string") body.append(name, value);
    else body.append(name, value, fileName);
  }
  return fetch(url, { method: "POST", body });
}

const blob = (text: string, type = "text/plain") => new Blob([text], { type });

/** A request whose body is written by hand. */
function begin(
  url: string,
  headers: Record<string, string>,
): { sent: ClientRequest; answer: Promise<IncomingMessage> } {
  const sent = request(url, { method: "POST", headers });
  const answer = once(sent, "response").then(([response]) => response as IncomingMessage);
  // A test may look at neither.
  answer.catch(() => {});
  sent.on("error", () => {});
  sent.flushHeaders();
  return { sent, answer };
}

async function json(answer: Response | IncomingMessage): Promise<{ status: number | undefined; body: unknown }> {
  if (answer instanceof Response) return { status: answer.status, body: await answer.json() };
  const chunks = await answer.toArray();
  return { status: answer.statusCode, body: JSON.parse(Buffer.concat(chunks).toString()) };
}

const multipart = { "content-type": "multipart/form-data; boundary=xx" };
const fileHead = '--xx\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n';

describe.skipIf(!consulAddress)("a form with files", () => {
  it("reaches its action with all fields, wherever they stand, by contract and module, at gateway and service", async () => {
    const { urls } = await serving();
    const big = "0123456789".repeat(300_000);
    for (const url of urls) {
      const answer = await post(`${url}`, [
        ["before", "1"],
        ["photo", blob(big, "image/png"), "cat.png"],
        ["between", "2"],
        ["notes", blob("hello"), "../../etc/passwd"],
        ["ignored", blob("not read"), "skip"],
        ["after", "3"],
        ["after", "4"],
        ["__proto__", "5"],
      ]);
      expect(await json(answer)).toEqual({
        status: 200,
        body: {
          id: 7,
          files: [
            { field: "photo", name: "cat.png", type: "image/png", bytes: 3_000_000, sha: sha256(big).digest("hex") },
            { field: "notes", name: "passwd", type: "text/plain", bytes: 5, sha: sha256("hello").digest("hex") },
          ],
          fields: { before: "1", between: "2", after: ["3", "4"] },
        },
      });
    }
  });

  it("is refused past the action's limits, and the answer says which", async () => {
    const { urls } = await serving({ limits: { maxFileBytes: 100, maxFiles: 2, maxFields: 2, types: ["text/*"] } });
    const file: Part = ["file", blob("x"), "a.txt"];
    const cases: [readonly Part[], number, string][] = [
      [
        [
          ["file", blob("x".repeat(500_000)), "a.txt"],
          ["after", "1"],
        ],
        413,
        "body_too_large",
      ],
      [[file, file, file], 413, "too_many_parts"],
      [
        [
          ["a", "1"],
          ["b", "2"],
          ["c", "3"],
        ],
        413,
        "too_many_parts",
      ],
      [[["field", "x".repeat(70_000)]], 413, "body_too_large"],
      [[["file", blob("<svg>", "image/svg+xml"), "a.svg"]], 415, "unsupported_media_type"],
    ];
    for (const url of urls)
      for (const [parts, status, reason] of cases)
        expect(await json(await post(url, parts))).toMatchObject({ status, body: { reason } });
  });

  it("is compared with the sha-256 that its fields say, before a file or after it", async () => {
    const { url } = await serving({ limits: { digests: true } });
    const file: Part = ["file", blob("hello"), "a.txt"];
    const right: Part = ["file.sha256", sha256("hello").digest("hex")];
    const wrong: Part = ["file.sha256", sha256("other").digest("hex")];
    expect((await post(url, [right, file])).status).toBe(200);
    expect((await post(url, [file, right])).status).toBe(200);
    for (const parts of [[wrong, file], [file, wrong], [file]])
      expect(await json(await post(url, parts))).toMatchObject({ status: 400, body: { reason: "bad_digest" } });
  });

  it("that can't be read is refused", async () => {
    const { url } = await serving();
    const headers = { "content-type": "application/json" };
    const wrong = await json(await fetch(url, { method: "POST", headers, body: "{}" }));
    expect(wrong).toMatchObject({ status: 415, body: { reason: "unsupported_media_type" } });
    for (const body of ["no form at all", `${fileHead}without an end`]) {
      const broken = await json(await fetch(url, { method: "POST", headers: multipart, body }));
      expect(broken).toMatchObject({ status: 400, body: { reason: "bad_body" } });
    }
  });
});

describe.skipIf(!consulAddress)("a body of any type", () => {
  it("reaches its action as it is, and is compared with its Content-Digest", async () => {
    const { urls } = await serving({ rules: { kind: "raw", types: ["application/octet-stream", "text/*"] } });
    const body = "a,b\n".repeat(100_000);
    const sha = sha256(body).digest();
    const send = (url: string, headers: Record<string, string>) => fetch(url, { method: "POST", headers, body });
    const digest = (bytes: Buffer) => `sha-256=:${bytes.toString("base64")}:`;
    for (const url of urls) {
      const answer = await send(url, { "content-type": "text/csv", "content-digest": digest(sha) });
      expect(await json(answer)).toMatchObject({ status: 200, body: { bytes: body.length, sha: sha.toString("hex") } });
      const wrong = await send(url, { "content-type": "text/csv", "content-digest": digest(sha256("x").digest()) });
      expect(await json(wrong)).toMatchObject({ status: 400, body: { reason: "bad_digest" } });
      const other = await send(url, { "content-type": "image/png" });
      expect(await json(other)).toMatchObject({ status: 415 });
    }
  });

  it("must have a digest where its route says so", async () => {
    const { url } = await serving({ rules: { kind: "raw", digest: true } });
    const answer = await fetch(url, { method: "POST", body: "hello" });
    expect(await json(answer)).toMatchObject({ status: 400, body: { reason: "bad_digest" } });
  });

  it("that is too large is refused before it is read, or as soon as it is", async () => {
    let ended = 0;
    const { urls } = await serving({
      rules: { kind: "raw", maxBytes: 1_000_000 },
      act: ({ stream }) => digestOf(stream).finally(() => ended++),
    });
    for (const url of urls) {
      const told = begin(url, { "content-length": "1000001" });
      expect(await json(await told.answer)).toMatchObject({ status: 413, body: { reason: "body_too_large" } });
      told.sent.destroy();
      expect(ended).toBe(0);
    }
    for (const url of urls) {
      const untold = begin(url, { "transfer-encoding": "chunked" });
      for (let n = 0; n < 20; n++) untold.sent.write(Buffer.alloc(65_536));
      expect(await json(await untold.answer)).toMatchObject({ status: 413, body: { reason: "body_too_large" } });
      untold.sent.destroy();
    }
    await until(() => ended === urls.length, "every action heard of it");
  });
});

describe.skipIf(!consulAddress)("an upload", () => {
  it("waits for an action that reads slowly", async () => {
    let stream: Readable | undefined;
    const { url } = await serving({
      rules: { kind: "raw" },
      act: (upload) => {
        stream = upload.stream;
        return new Promise(() => {});
      },
    });
    const { sent } = begin(url, {});
    const chunk = Buffer.alloc(1_048_576);
    let written = 0;
    const write = () => {
      while (written < 100 * chunk.length && sent.write(chunk)) written += chunk.length;
      written += chunk.length;
    };
    sent.on("drain", write);
    write();
    await until(() => stream, "the action has it");
    stream?.once("readable", () => {});
    let before = -1;
    await until(() => {
      const isStill = written === before;
      before = written;
      return isStill;
    }, "it stops to flow");
    expect(written).toBeLessThan(60 * chunk.length);
    sent.destroy();
    // Nobody hears of a closed connection that is not read from.
    stream?.resume();
    await until(() => stream?.destroyed, "the action heard that the client is gone");
  });

  it("that its client breaks off ends in the action too", async () => {
    let begun = 0;
    let failed = 0;
    const { urls } = await serving({
      act(upload) {
        begun += 1;
        return formOf(upload, {}).catch((error) => {
          failed += 1;
          throw error;
        });
      },
    });
    for (const [index, url] of urls.entries()) {
      const { sent } = begin(url, multipart);
      sent.write(`${fileHead}begun`);
      await until(() => begun > index, "the action has it");
      sent.destroy();
      await until(() => failed > index, "the action heard of it");
    }
  });

  it("that its action does not want is answered before it is through", async () => {
    const streams: Readable[] = [];
    const { urls } = await serving({
      rules: { kind: "raw" },
      act: ({ stream }) => {
        streams.push(stream);
        return { enough: true };
      },
    });
    for (const url of urls) {
      const { sent, answer } = begin(url, {});
      sent.write("begun");
      expect(await json(await answer)).toMatchObject({ status: 200, body: { enough: true } });
      sent.destroy();
    }
    await until(() => streams.every(({ destroyed }) => destroyed), "nothing is left open");
  });
});
