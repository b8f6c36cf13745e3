import type { Duplex, Readable } from "node:stream";
import { VastifyError } from "../../core/index.js";

/**
 * Pipes a stream through another, so that they end together: a failure shows behind, and who gives up behind gives up
 * the source. Unlike `pipeline` it lets a source end without an error when nobody wants the rest of it.
 */
export function pipeThrough<Through extends Duplex>(source: Readable, through: Through): Through {
  // Who reads it hears of it; one that nobody reads yet must not end the process.
  through.on("error", () => {});
  if (source.destroyed) return through.destroy(source.errored ?? givenUp());
  source.once("error", (error) => through.destroy(error));
  source.once("close", () => {
    if (!source.readableEnded) through.destroy(givenUp());
  });
  // It may end before its source does.
  through.once("end", () => through.destroy());
  through.once("close", () => source.destroy());
  return source.pipe(through);
}

function givenUp(): VastifyError {
  return new VastifyError("canceled", "the stream was given up by its source");
}
