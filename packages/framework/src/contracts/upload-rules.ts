import type { Readable } from "node:stream";
import { badOption, type Message, VastifyError } from "../core/index.js";

/** How a route takes a body that its action reads as a stream, whatever its size. */
export interface UploadRules {
  /** A form with files and fields (`multipart/form-data`), or a body of any media type, as it is. */
  readonly kind: "multipart" | "raw";
  /** The largest body, in bytes. @default 104_857_600 */
  readonly maxBytes?: number;
  /** The media types of a raw body, such as `text/csv` or `image/*`. @default any */
  readonly types?: readonly string[];
  /** Whether a `Content-Digest` (RFC 9530, sha-256) must come with it; one that comes is always compared. @default false */
  readonly digest?: boolean;
}

/** A body that arrives while its action runs. It ends with an error when it breaks off, or is not what it should be. */
export interface Upload {
  /** In bytes, as they were sent. */
  readonly stream: Readable;
  /** Its media type, with parameters. */
  readonly type: string;
}

const usualMaxBytes = 104_857_600;

/** @throws VastifyError `invalid_argument`, reason `bad_option` */
export function resolveUpload(where: string, rules: UploadRules): Required<UploadRules> {
  const { kind, maxBytes = usualMaxBytes, types = [], digest = false } = rules;
  if (kind !== "multipart" && kind !== "raw") throw badOption(`${where}.kind`, kind, "multipart or raw");
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 1)
    throw badOption(`${where}.maxBytes`, maxBytes, "a number of bytes above 0");
  if (!Array.isArray(types) || !types.every((type) => /^[\w.+-]+\/([\w.+-]+|\*)$/.test(String(type))))
    throw badOption(`${where}.types`, types, 'a list of media types such as "image/*"');
  if (kind === "multipart" && types.length > 0)
    throw badOption(`${where}.types`, types, "left to readForm, which knows the type of each file");
  return { kind, maxBytes, types, digest };
}

/**
 * The body that an action on an upload route reads as a stream; it stands in the message's `upload`.
 * @throws VastifyError `invalid_argument`, reason `bad_message`, when the message brings none
 */
export function uploadOf(message: Message): Upload {
  const { upload, args } = message;
  if (!isReadable(upload)) {
    throw new VastifyError("invalid_argument", "the action reads an upload, and the message brings none", {
      reason: "bad_message",
    });
  }
  const { uploadType } = (args ?? {}) as { uploadType?: unknown };
  return { stream: upload, type: typeof uploadType === "string" ? uploadType : "application/octet-stream" };
}

function isReadable(value: unknown): value is Readable {
  return typeof value === "object" && value !== null && "pipe" in value && "destroy" in value;
}
