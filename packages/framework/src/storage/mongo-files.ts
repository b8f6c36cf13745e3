import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import mongoose, { type Connection } from "mongoose";
import { VastifyError } from "../core/index.js";

export interface MongoFilesOptions {
  /** What the collections of files and their chunks are named after. @default "files" */
  bucket?: string;
  /** The largest file, in bytes. @default 1_073_741_824 */
  maxBytes?: number;
}

export interface NewFile {
  name: string;
  /** Such as `image/png`. @default "application/octet-stream" */
  contentType?: string;
  /** Anything else to know about it. @default {} */
  metadata?: Readonly<Record<string, unknown>>;
}

/** What is known of a file. */
export interface StoredFile {
  readonly id: string;
  readonly name: string;
  readonly contentType: string;
  readonly bytes: number;
  readonly uploadedAt: Date;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Files in MongoDB (GridFS), as the streams that messages and results carry. */
export interface MongoFiles {
  /**
   * Stores a stream to its end. One that fails, is aborted or too large leaves nothing behind.
   * @throws VastifyError `resource_exhausted`, reason `body_too_large`; what the stream fails with
   */
  upload(source: Readable | AsyncIterable<Uint8Array>, file: NewFile, signal?: AbortSignal): Promise<StoredFile>;
  /** @throws VastifyError `not_found`, reason `no_file` */
  find(id: string): Promise<StoredFile>;
  /**
   * The file with its bytes, to be put into a result as it is; destroy the stream when it is not read.
   * @throws VastifyError `not_found`, reason `no_file`
   */
  download(id: string): Promise<StoredFile & { readonly stream: Readable }>;
  /** @throws VastifyError `not_found`, reason `no_file` */
  delete(id: string): Promise<void>;
}

/** @param connection of a started `mongo` part */
export function mongoFiles(
  connection: Connection,
  { bucket: bucketName = "files", maxBytes = 1024 ** 3 }: MongoFilesOptions = {},
): MongoFiles {
  const { GridFSBucket, ObjectId } = mongoose.mongo;

  function openBucket() {
    if (!connection.db)
      throw new VastifyError("unavailable", "MongoDB is not connected", { reason: "database_unreachable" });
    return new GridFSBucket(connection.db, { bucketName });
  }

  async function find(id: string): Promise<StoredFile> {
    if (!/^[0-9a-f]{24}$/i.test(id)) throw noFile(id);
    const [file] = await openBucket()
      .find({ _id: new ObjectId(id) })
      .limit(1)
      .toArray();
    if (!file) throw noFile(id);
    return toStoredFile(file);
  }

  return {
    find,
    async upload(source, { name, contentType = "application/octet-stream", metadata = {} }, signal) {
      const target = openBucket().openUploadStream(name, { metadata: { ...metadata, contentType } });
      // The promise of each write tells of it, too.
      target.on("error", () => {});
      let writing = Promise.resolve();
      const write = async (chunks: AsyncIterable<Uint8Array>) => {
        for await (const chunk of chunks) {
          writing = told((done) => target.write(chunk, done));
          await writing;
        }
        writing = told((done) => target.end(done));
        await writing;
      };
      try {
        const limited = limitTo(maxBytes);
        await pipeline(Readable.from(source, { objectMode: false }), limited, write, { ...(signal && { signal }) });
      } catch (error) {
        // What is on its way to the server would arrive after the removal, and stay.
        await writing.catch(() => {});
        target.destroy();
        await remove(connection, bucketName, target.id);
        throw error;
      }
      return find(target.id.toHexString());
    },
    async download(id) {
      const file = await find(id);
      return { ...file, stream: openBucket().openDownloadStream(new ObjectId(id)) };
    },
    async delete(id) {
      await find(id);
      await openBucket().delete(new ObjectId(id));
    },
  };
}

function limitTo(maxBytes: number): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      bytes += chunk.length;
      if (bytes <= maxBytes) return done(null, chunk);
      const message = `the file is over the limit of ${maxBytes} bytes`;
      done(new VastifyError("resource_exhausted", message, { reason: "body_too_large" }));
    },
  });
}

function told(action: (done: (error?: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    action((error) => (error ? reject(error) : resolve()));
  });
}

async function remove(connection: Connection, bucketName: string, id: mongoose.mongo.BSON.ObjectId): Promise<void> {
  // Without a connection its chunks stay; nothing shows them, since no file names them.
  await connection
    .collection(`${bucketName}.files`)
    .deleteOne({ _id: id })
    .catch(() => {});
  await connection
    .collection(`${bucketName}.chunks`)
    .deleteMany({ files_id: id })
    .catch(() => {});
}

function toStoredFile(file: mongoose.mongo.GridFSFile): StoredFile {
  const { contentType, ...metadata } = (file.metadata ?? {}) as Record<string, unknown>;
  return {
    id: file._id.toHexString(),
    name: file.filename,
    contentType: typeof contentType === "string" ? contentType : "application/octet-stream",
    bytes: file.length,
    uploadedAt: file.uploadDate,
    metadata,
  };
}

function noFile(id: string): VastifyError {
  return new VastifyError("not_found", `there is no file ${JSON.stringify(id)}`, { reason: "no_file" });
}
