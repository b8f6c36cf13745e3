import { connect } from "node:net";
import { createMutator } from "./mutations.mjs";

/** Odd but whole mutants before the broken one that most often ends the connection. */
const most = 24;
const patienceMs = 5_000;

/**
 * Sends mutants until `count` are sent, over one connection after the other.
 * @param {{ port: number, random: ReturnType<typeof import("./random.mjs").createRandom>, left: () => number, took: (kind: "frames" | "requests", sent: number) => void }} options
 */
export async function attack({ port, random, left, took }) {
  const { frame, request, broken } = createMutator(random);
  while (left() > 0) {
    const overHttp = random.chance(0.25);
    const whole = 1 + random.below(most);
    const parts = [];
    for (let id = 1; id <= whole; id++) parts.push(overHttp ? request() : Buffer.from(frame(id)));
    const last = overHttp ? request() : Buffer.from(frame(whole + 1));
    parts.push(broken(last, parts[0]));
    if (!overHttp) {
      const hello = Buffer.from("vastify/1 {}\n");
      // Now and then the greeting is what is broken.
      parts.unshift(random.chance(0.02) ? broken(hello, last) : hello);
      parts.push(Buffer.from("\n[99]\n"));
    }
    took(overHttp ? "requests" : "frames", whole + 1);
    await send(port, Buffer.concat(parts), random);
  }
}

/** Resolves when the connection is closed, whoever closes it. */
function send(port, bytes, random) {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port, noDelay: true });
    const pieces = random.chance(0.1) ? 2 + random.below(30) : 1;
    const hangUp = random.chance(0.05);
    const timer = setTimeout(() => socket.destroy(), patienceMs);
    socket.on("error", () => {});
    // A reset leaves no port waiting, of which there are not enough.
    socket.on("end", () => socket.resetAndDestroy());
    socket.on("close", () => {
      clearTimeout(timer);
      resolve();
    });
    socket.resume();
    socket.on("connect", async () => {
      for (let piece = 0; piece < pieces && !socket.destroyed; piece++) {
        const from = Math.floor((piece * bytes.length) / pieces);
        socket.write(bytes.subarray(from, Math.floor(((piece + 1) * bytes.length) / pieces)));
        if (pieces > 1) await new Promise(setImmediate);
      }
      if (hangUp) socket.resetAndDestroy();
      else socket.end();
    });
  });
}
