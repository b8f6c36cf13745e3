import semver from "semver";
import { badOption, expectPort, expectTargetName } from "../core/index.js";
import { serviceTag } from "./directory.js";
import { type Notes, writeNotes } from "./notes.js";

export interface Registrant {
  /** The target. */
  name: string;
  /** The address that others reach it at. */
  host: string;
  /** Where it serves REST and `/health`. */
  httpPort: number;
  /** Where it answers calls; null for a service that answers none. */
  microservicePort: number | null;
  /** Semver. */
  version: string;
  /** @default `name@` and a random UUID */
  id?: string;
  /** Added to the tag `vastify`. @default [] */
  tags?: readonly string[];
  /** What the microservice port speaks besides Seneca's HTTP protocol. @default [] */
  protocols?: readonly string[];
  /** Equal for instances whose routes and actions are the same. */
  description?: string;
  /** Where it runs, such as a rack or an availability zone: callers of the same zone may prefer it. @default none */
  zone?: string;
  /** More keys for the check's Notes, for readers who know them; they never replace the contract's own. @default {} */
  notes?: Readonly<Record<string, unknown>>;
}

/** What Consul is told of a registrant. */
export function consulService(registrant: Registrant, id: string, checkIntervalSeconds: number) {
  const { name, host, httpPort, version, tags = [] } = registrant;
  return {
    name,
    id,
    address: host,
    port: httpPort,
    tags: [serviceTag, ...tags],
    // Meta's keys may not hold a `$`, so the contract lives in the check's Notes and this is for people.
    meta: { version },
    check: {
      name: `${name} answers /health`,
      http: `http://${host.includes(":") ? `[${host}]` : host}:${httpPort}/health`,
      interval: `${checkIntervalSeconds}s`,
      timeout: "2s",
      deregistercriticalserviceafter: "1m",
      status: "passing",
      notes: writeNotes(notesOf(registrant)),
    },
  };
}

/** What others are told of a registrant, whoever tells it. */
export function notesOf({ version, microservicePort, protocols = [], description, zone, notes }: Registrant): Notes {
  return {
    ...notes,
    $$version: version,
    $$microservicePort: microservicePort,
    ...(protocols.length > 0 && { protocols: [...protocols] }),
    ...(description !== undefined && { description }),
    ...(zone !== undefined && { zone }),
  };
}

/** @throws VastifyError `invalid_argument`, reason `bad_option`, naming the field that is missing or wrong */
export function expectRegistrant(registrant: Registrant): Registrant {
  expectTargetName("name", registrant.name);
  if (typeof registrant.host !== "string" || registrant.host === "") {
    throw badOption("host", registrant.host, "the address that others reach this service at");
  }
  expectPort("port", registrant.httpPort);
  if (registrant.microservicePort !== null) expectPort("$$microservicePort", registrant.microservicePort);
  if (typeof registrant.version !== "string" || semver.valid(registrant.version) === null) {
    throw badOption("$$version", registrant.version, 'a semver such as "1.2.3"');
  }
  if (registrant.zone !== undefined && (typeof registrant.zone !== "string" || registrant.zone === "")) {
    throw badOption("zone", registrant.zone, "the name of a zone");
  }
  return registrant;
}
