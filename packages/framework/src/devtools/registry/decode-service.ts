import { checkFields, readCheck } from "./decode-check.js";
import { decodeBody, expectInteger, expectObject, expectText } from "./decode-fields.js";
import type { CheckDefinition, ServiceDefinition } from "./records.js";
import { Refusal } from "./refusal.js";

const unsupported = ["Proxy", "Connect"];
const ignored = ["Kind", "Token", "Namespace"];
const serviceFields = [
  ...["Name", "ID", "Address", "Port", "Tags", "Meta", "Check", "Checks"],
  ...["TaggedAddresses", "Weights", "EnableTagOverride"],
  ...unsupported,
  ...ignored,
];

export interface Registration {
  readonly service: ServiceDefinition;
  readonly checks: readonly CheckDefinition[];
}

/** @throws Refusal 400 with a text that names the problem */
export function decodeService(body: Buffer): Registration {
  const fields = decodeBody(body, serviceFields);
  const name = fields.text("Name");
  const id = fields.text("ID") || name;
  const address = fields.text("Address");
  const meta = fields.map("Meta", expectText);
  if (name === "") throw new Refusal(400, "Missing service name");
  if (address === "0.0.0.0" || address === "::") throw new Refusal(400, "Invalid service address");
  const strange = unsupported.find((field) => fields.object(field, []));
  if (strange) throw new Refusal(400, `${strange} is not supported by the development registry`);
  expectMeta(meta);

  const port = fields.integer("Port");
  const check = fields.object("Check", checkFields);
  const checks = [...(check ? [check] : []), ...fields.objects("Checks", checkFields)];
  return {
    service: {
      id,
      name,
      tags: fields.texts("Tags"),
      meta,
      address,
      port,
      taggedAddresses: { ...ipv4Addresses(address, port), ...fields.map("TaggedAddresses", readAddress) },
      weights: readWeights(fields.map("Weights", expectInteger)),
      enableTagOverride: fields.flag("EnableTagOverride"),
    },
    checks: checks.map((one, position) =>
      readCheck(one, {
        id: one.text("CheckID") || `service:${id}${checks.length > 1 ? `:${position + 1}` : ""}`,
        name: one.text("Name") || `Service '${name}' check`,
        serviceId: id,
      }),
    ),
  };
}

/** @throws Refusal 400 by Consul's rules for metadata */
function expectMeta(meta: Readonly<Record<string, string>>): void {
  const pairs = Object.entries(meta);
  if (pairs.length > 64) {
    throw new Refusal(400, "Invalid Service Meta: Node metadata cannot contain more than 64 key/value pairs");
  }
  for (const [key, value] of pairs) {
    const problem = metaProblem(key, value);
    if (problem) {
      throw new Refusal(400, `Invalid Service Meta: Couldn't load metadata pair ('${key}', '${value}'): ${problem}`);
    }
  }
}

function metaProblem(key: string, value: string): string | undefined {
  if (key === "") return "Key cannot be blank";
  if (!/^[A-Za-z0-9_-]+$/.test(key)) return "Key contains invalid characters";
  if (key.length > 128) return "Key is too long (limit: 128 characters)";
  if (key.startsWith("consul-")) return "Key prefix 'consul-' is reserved for internal use";
  return value.length > 512 ? "Value is too long (limit: 512 characters)" : undefined;
}

function readWeights(weights: Readonly<Record<string, number>>): ServiceDefinition["weights"] {
  const byName = Object.fromEntries(Object.entries(weights).map(([name, weight]) => [name.toLowerCase(), weight]));
  const { passing = 1, warning = 1 } = byName;
  if (passing < 1) throw new Refusal(400, "Invalid Weights: Passing must be greater than 0");
  return { Passing: passing, Warning: warning };
}

function readAddress(value: unknown, name: string): { Address: string; Port: number } {
  const { Address = "", Port = 0, address = Address, port = Port } = expectObject(value, name);
  return { Address: expectText(address, name), Port: expectInteger(port, name) };
}

function ipv4Addresses(address: string, port: number): ServiceDefinition["taggedAddresses"] {
  if (!/^\d+\.\d+\.\d+\.\d+$/.test(address)) return {};
  return { lan_ipv4: { Address: address, Port: port }, wan_ipv4: { Address: address, Port: port } };
}
