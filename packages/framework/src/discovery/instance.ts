import { z } from "zod";
import { type Notes, readNotes } from "./notes.js";

export interface InstanceEndpoint {
  readonly host: string;
  readonly port: number;
  readonly protocols: readonly string[];
  /** Where it takes calls through a broker too; with port 0 only there. */
  readonly queue?: string | undefined;
}

/** One running process of a target at one version, as Consul shows it. */
export interface Instance {
  /** `target@uuid`. */
  readonly id: string;
  readonly target: string;
  readonly version: string;
  readonly host: string;
  readonly httpPort: number;
  /** Where it answers calls, and what is spoken there besides Seneca's HTTP protocol; null when it answers none. */
  readonly endpoint: InstanceEndpoint | null;
  /** Equal for instances whose routes and actions are the same; absent for a plain Seneca process. */
  readonly description: string | undefined;
  /** Where it runs, such as a rack or an availability zone, if it says so. */
  readonly zone: string | undefined;
}

/** What Consul's checks say of an instance; `withdrawn` is an operator's or its own word: it is under maintenance. */
export type InstanceState = "passing" | "failing" | "withdrawn";

const entryShape = z.object({
  Node: z.object({ Address: z.string() }),
  Service: z.object({ ID: z.string(), Service: z.string(), Address: z.string(), Port: z.number() }),
  Checks: z.array(
    z.object({
      CheckID: z.string().optional(),
      ServiceID: z.string().optional(),
      Status: z.string().optional(),
      Notes: z.string().optional(),
    }),
  ),
});

/** The target of a service name; in 2018 the instance id `target@uuid` was the name too. */
export function targetOf(serviceName: string): string {
  const at = serviceName.indexOf("@");
  return at > 0 ? serviceName.slice(0, at) : serviceName;
}

export interface ReadInstance {
  readonly instance: Instance;
  readonly state: InstanceState;
}

/** An entry of `GET /v1/health/service/:name` as an instance, or why it can't be one; undefined for one not of Consul's. */
export function readInstance(entry: unknown): ReadInstance | { id: string; problem: string } | undefined {
  const parsed = entryShape.safeParse(entry);
  if (!parsed.success) return undefined;
  const { Node: node, Service: service, Checks: checks } = parsed.data;
  const own = checks.filter((check) => check.ServiceID === service.ID && !isMaintenance(check));
  const described = own.find((check) => check.Notes) ?? own[0];
  const read = readNotes(described?.Notes);
  if ("problem" in read) return { id: service.ID, problem: read.problem };
  const place = { host: service.Address || node.Address, httpPort: service.Port };
  return {
    instance: instanceOf({ id: service.ID, target: targetOf(service.Service), ...place }, read.notes),
    state: stateOf(checks),
  };
}

/** An instance at its place, as its Notes tell of it. */
export function instanceOf(place: Pick<Instance, "id" | "target" | "host" | "httpPort">, notes: Notes): Instance {
  const { $$version: version, description, zone } = notes;
  return { ...place, version, endpoint: endpointOf(place.host, notes), description, zone };
}

function endpointOf(host: string, { $$microservicePort: port, protocols = [], callQueue: queue }: Notes) {
  if (queue !== undefined) return { host, port: port ?? 0, protocols, queue };
  return port === null ? null : { host, port, protocols };
}

type Check = z.infer<typeof entryShape>["Checks"][number];

function stateOf(checks: readonly Check[]): InstanceState {
  const failing = checks.filter((check) => check.Status !== undefined && check.Status !== "passing");
  if (failing.length === 0) return "passing";
  return failing.some(isMaintenance) ? "withdrawn" : "failing";
}

/** Consul's own names for the checks by which a service or a whole node is put under maintenance. */
function isMaintenance({ CheckID: id = "" }: Check): boolean {
  return id.startsWith("_service_maintenance:") || id === "_node_maintenance";
}
