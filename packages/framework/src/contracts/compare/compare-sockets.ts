import type { SocketDescription } from "../describe-contract.js";
import { compareSchemas, type Note } from "./compare-schemas.js";

/** A client's messages must go on being taken, and those that it gets must go on being what they were. */
export function compareSockets(
  older: SocketDescription | undefined,
  newer: SocketDescription | undefined,
  note: Note,
): void {
  if (!older || !newer) {
    if (older !== newer) note(true, newer ? "talks over a socket now" : "does not talk over a socket any more");
    return;
  }
  for (const side of ["receives", "sends"] as const) {
    const [before, after] = [older[side], newer[side]];
    if (before.kind !== after.kind) note(true, `${side} ${after.kind} over its socket, not ${before.kind}`);
    else compareSchemas(side === "receives" ? "message received" : "message sent", before.schema, after.schema, note);
  }
  if (older.maxBytes !== newer.maxBytes)
    note(newer.maxBytes < older.maxBytes, `messages may have ${newer.maxBytes} bytes, not ${older.maxBytes}`);
}
