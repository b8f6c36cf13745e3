import { Readable } from "node:stream";

/** Destroys the streams of a result, which it is itself or has as members: nobody will read them. */
export function letGo(result: unknown): void {
  if (typeof result !== "object" || result === null || result instanceof Uint8Array) return;
  const parts = result instanceof Readable ? [result] : Object.values(result);
  for (const part of parts) if (part instanceof Readable) part.destroy();
}
