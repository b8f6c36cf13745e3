import { Readable } from "node:stream";

/** The streams of a result, which it is itself or has as members. */
export function streamsIn(result: unknown): readonly Readable[] {
  if (result instanceof Readable) return [result];
  if (typeof result !== "object" || result === null || result instanceof Uint8Array) return [];
  return Object.values(result).filter((part) => part instanceof Readable);
}

/** Destroys the streams of a result that nobody will read. */
export function letGo(result: unknown): void {
  for (const stream of streamsIn(result)) stream.destroy();
}
