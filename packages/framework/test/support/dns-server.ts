import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type Answer, AUTHORITATIVE_ANSWER, decode, encode, type Question } from "dns-packet";
import { onTestFinished } from "vitest";

/** Names as in Kubernetes: SRV records of a headless Service, each of whose hosts has an A record. */
export const serviceName = "_http._tcp.{target}.shop.test";

export interface Place {
  readonly host: string;
  readonly port: number;
}

/** A DNS server on 127.0.0.1 whose zone a test writes. */
export interface DnsServer {
  /** `address:port`. */
  readonly address: string;
  /** Where instances of the target are; none takes its names out, so that they don't exist. */
  tell(target: string, places: readonly Place[]): void;
  /** How it answers from now on: well, late, with a failure of its own, or not at all. */
  behave(how: "well" | "slowly" | "badly" | "never"): void;
  /** How often it was asked where a target is. */
  timesAsked(target: string): number;
}

const [noError, serverFailed, noSuchName] = [0, 2, 3];
const slowMs = 500;

/** Started, and stopped after the test. */
export async function startDns(): Promise<DnsServer> {
  const asked = new Map<string, number>();
  const zone = new Map<string, readonly Answer[]>();
  let how: "well" | "slowly" | "badly" | "never" = "well";
  let isClosed = false;
  const socket = createSocket("udp4");
  socket.on("message", (message, { port, address }) => {
    const { id, questions = [] } = decode(message);
    for (const { name } of questions) asked.set(name, (asked.get(name) ?? 0) + 1);
    const reply = () => {
      if (isClosed) return;
      const bytes = encode({ type: "response", id, questions, ...answerTo(questions[0]) });
      socket.send(bytes, port, address, () => {});
    };
    if (how === "slowly") setTimeout(reply, slowMs);
    else if (how !== "never") reply();
  });

  function answerTo(question: Question | undefined): { flags: number; answers?: Answer[] } {
    if (how === "badly") return { flags: AUTHORITATIVE_ANSWER | serverFailed };
    const name = question?.name.toLowerCase() ?? "";
    const known = zone.get(name);
    const answers = (known ?? []).filter(({ type }) => type === question?.type);
    return { flags: AUTHORITATIVE_ANSWER | (known ? noError : noSuchName), answers };
  }

  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  onTestFinished(() => {
    isClosed = true;
    socket.close();
  });
  return {
    address: `127.0.0.1:${socket.address().port}`,
    tell(target, places) {
      const full = `${target}.shop.test`;
      for (const name of zone.keys()) if (name.endsWith(full)) zone.delete(name);
      if (places.length === 0) return;
      const hostOf = ({ host }: Place) => `${host.replaceAll(".", "-")}.${full}`;
      const a = (name: string, { host }: Place): Answer => ({ type: "A", name, ttl: 1, data: host });
      const service = `_http._tcp.${full}`;
      zone.set(
        service,
        places.map((place) => ({
          type: "SRV",
          name: service,
          ttl: 1,
          data: { port: place.port, target: hostOf(place) },
        })),
      );
      zone.set(
        full,
        places.map((place) => a(full, place)),
      );
      for (const place of places) zone.set(hostOf(place), [a(hostOf(place), place)]);
    },
    behave(next) {
      how = next;
    },
    timesAsked: (target) => asked.get(serviceName.replace("{target}", target)) ?? 0,
  };
}
