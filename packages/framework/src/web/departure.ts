import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";

/** When a server stops taking requests, for answers that have no end of their own. */
export class Departure {
  private hasBegun = false;
  private readonly goodbyes = new Set<() => void>();

  /** `goodbye` is called when the server leaves: at once, when it has begun to. @returns what takes it back */
  onLeave(goodbye: () => void): () => void {
    if (this.hasBegun) goodbye();
    else this.goodbyes.add(goodbye);
    return () => this.goodbyes.delete(goodbye);
  }

  begin(): void {
    this.hasBegun = true;
    for (const goodbye of this.goodbyes) goodbye();
    this.goodbyes.clear();
  }
}

const departures = new WeakMap<Socket, Departure>();

/** From now on the requests of a connection know when its server leaves. */
export function noteDeparture(connection: Socket, departure: Departure): void {
  departures.set(connection, departure);
}

/** Of the server that a request came to. */
export function departureOf({ socket }: IncomingMessage): Departure | undefined {
  return departures.get(socket);
}
