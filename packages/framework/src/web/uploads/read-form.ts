import { createHash, type Hash } from "node:crypto";
import { type Readable, Transform, type TransformCallback } from "node:stream";
import type { BusboyInstance } from "@fastify/busboy";
import type { Upload } from "../../contracts/index.js";
import { VastifyError } from "../../core/index.js";
import { koaPackages } from "../koa-packages.js";
import { pipeThrough } from "../replies/pipe-through.js";
import { badDigest } from "./content-digest.js";
import { safeFileName } from "./file-name.js";
import { type FormLimits, isOfType, type ResolvedFormLimits, resolveFormLimits } from "./form-limits.js";

/** A file of a form. */
export interface FormFile {
  /** The form's field that it stands in. */
  readonly field: string;
  /** As the client calls it, made harmless; for people, not for paths. */
  readonly name: string;
  /** Its media type, as the client says. */
  readonly type: string;
  /** Its bytes; it ends with an error when they are too many, or the upload breaks off. */
  readonly stream: Readable;
}

export interface Form {
  /** The files, one after the other; one that is not read is passed over. */
  readonly files: AsyncIterable<FormFile>;
  /** The fields that have come so far, and after the last file all of them. A field that comes again is a list. */
  readonly fields: Readonly<Record<string, string | readonly string[]>>;
}

/**
 * Reads a form with files while it arrives, nothing of it kept but its fields. Files and fields may come in any order:
 *
 *     const form = readForm(context.upload, { types: ["image/*"] });
 *     for await (const { stream } of form.files) await pipeline(stream, createWriteStream(path));
 *     form.fields.title;
 *
 * `files` throws what is wrong with the form: `resource_exhausted` reason `body_too_large` or `too_many_parts`,
 * `invalid_argument` reason `unsupported_media_type`, `bad_digest` or `bad_body`, or why the upload broke off.
 * @throws VastifyError `invalid_argument`, reason `bad_option` or `bad_body`
 */
export function readForm({ stream, type }: Upload, limits?: FormLimits): Form {
  const resolved = resolveFormLimits(limits);
  const fields: Record<string, string | string[]> = Object.create(null);
  return { fields, files: filesOf(stream, openParser(type, resolved), fields, resolved) };
}

function openParser(type: string, { maxFieldBytes, maxFields, maxFiles }: ResolvedFormLimits): BusboyInstance {
  const limits = { fieldNameSize: 200, fieldSize: maxFieldBytes, fields: maxFields, files: maxFiles, headerPairs: 32 };
  try {
    return new koaPackages.Busboy({ headers: { "content-type": type }, limits });
  } catch {
    throw badForm(`its media type is ${type}`);
  }
}

async function* filesOf(
  body: Readable,
  parser: BusboyInstance,
  fields: Record<string, string | string[]>,
  limits: ResolvedFormLimits,
): AsyncGenerator<FormFile> {
  const waiting: FormFile[] = [];
  const digests = new Map<string, string>();
  let isDone = false;
  let failure: VastifyError | undefined;
  let wake = () => {};
  const open = new Set<FileStream>();
  const fail = (error: unknown) => {
    failure ??= VastifyError.from(error);
    // Whoever reads one now would otherwise wait for ever.
    for (const file of open) file.destroy(failure);
    wake();
  };

  parser.on("field", (name, value, isNameCut, isCut) => {
    if (isNameCut || isCut) return fail(tooLarge(`a field may hold ${limits.maxFieldBytes} bytes`));
    // Whoever copies the fields must not get a prototype by it.
    if (name === "__proto__") return;
    const known = fields[name];
    fields[name] = known === undefined ? value : [known, value].flat();
  });
  parser.on("file", (field, stream, name, _encoding, mimeType) => {
    if (!isOfType(mimeType, limits.types)) {
      stream.resume();
      return fail(wrongType(field, mimeType, limits.types));
    }
    const file = new FileStream(limits, (digest) => digests.set(field, digest));
    open.add(file);
    file.on("error", fail).once("close", () => open.delete(file));
    waiting.push({ field, name: safeFileName(name), type: mimeType, stream: pipeThrough(stream, file) });
    wake();
  });
  parser.on("filesLimit", () => fail(tooMany(`${limits.maxFiles} files`)));
  parser.on("fieldsLimit", () => fail(tooMany(`${limits.maxFields} fields`)));
  parser.on("error", (error) => fail(VastifyError.is(error) ? error : badForm(String((error as Error).message))));
  parser.once("finish", () => {
    isDone = true;
    wake();
  });
  if (body.destroyed) fail(body.errored ?? badForm("it broke off"));
  body.once("error", fail);
  body.once("close", () => {
    if (!body.readableEnded) fail(badForm("it broke off"));
  });

  let current: FormFile | undefined;
  try {
    body.pipe(parser);
    for (;;) {
      // The form goes on only when each file is read or passed over.
      current?.stream.resume();
      if (failure !== undefined) throw failure;
      current = waiting.shift();
      if (current) yield current;
      else if (isDone) break;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
    if (limits.digests) expectDigests(digests, fields);
  } finally {
    body.unpipe(parser);
    parser.on("error", () => {});
    for (const file of open) file.destroy();
    parser.destroy();
    body.destroy();
  }
}

/** Passes a file on, as long as it is not too large. */
class FileStream extends Transform {
  private left: number;
  private readonly limits: ResolvedFormLimits;
  private readonly hash: Hash | undefined;
  private readonly done: (digest: string) => void;

  constructor(limits: ResolvedFormLimits, done: (digest: string) => void) {
    super();
    this.limits = limits;
    this.left = limits.maxFileBytes;
    this.hash = limits.digests ? createHash("sha256") : undefined;
    this.done = done;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.left -= chunk.length;
    if (this.left < 0) done(tooLarge(`a file may hold ${this.limits.maxFileBytes} bytes`));
    else {
      this.hash?.update(chunk);
      done(null, chunk);
    }
  }

  override _flush(done: TransformCallback): void {
    if (this.hash) this.done(this.hash.digest("hex"));
    done();
  }
}

function expectDigests(digests: ReadonlyMap<string, string>, fields: Form["fields"]): void {
  for (const [field, digest] of digests) {
    const said = fields[`${field}.sha256`];
    if (typeof said !== "string" || said.toLowerCase() !== digest)
      throw badDigest(`the file ${field} is not what the field ${field}.sha256 says`);
  }
}

function wrongType(field: string, got: string, types: readonly string[]): VastifyError {
  const text = `the file ${field} must be of type ${types.join(" or ")}, its media type is ${got}`;
  return new VastifyError("invalid_argument", text, { reason: "unsupported_media_type" });
}

function tooLarge(text: string): VastifyError {
  return new VastifyError("resource_exhausted", `${text}; this one holds more`, { reason: "body_too_large" });
}

function tooMany(allowed: string): VastifyError {
  return new VastifyError("resource_exhausted", `the form may hold ${allowed}; this one holds more`, {
    reason: "too_many_parts",
  });
}

function badForm(why: string): VastifyError {
  return new VastifyError("invalid_argument", `the form can't be read: ${why}`, { reason: "bad_body" });
}
