import semver from "semver";
import { z } from "zod";

/** The servers that a service may need beside Consul. */
export type Need = "mongodb" | "rabbitmq" | "redis";

const text = (expected: string, holds: (value: string) => boolean = () => true) =>
  z.custom<string>((value) => typeof value === "string" && value !== "" && holds(value), expected);

const wholeNumber = (lowest: number, highest: number, expected: string) =>
  z.custom<number>((value) => Number.isInteger(value) && Number(value) >= lowest && Number(value) <= highest, expected);

const name = text("a name of lower-case letters, digits and dashes (at most 40)", (value) =>
  /^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/.test(value),
);
const variableName = text("a variable's name of capital letters, digits and underscores", (value) =>
  /^[A-Z][A-Z0-9_]*$/.test(value),
);
const fileWithin = text("a path within the repository", (value) => !/^[/\\]|(^|[/\\])\.\.([/\\]|$)|["\s]/.test(value));
const command = text("a command in one line", (value) => !/[\r\n]/.test(value));
const port = wholeNumber(1, 65_535, "a port number from 1 to 65535");
// pm2 deploy reads its options with a regular expression and hands them to a shell unquoted.
const shellWord = (what: string) =>
  text(
    `${what}, without quotes, blanks and what a shell takes for its own`,
    (value) => !/["'`\\\s;&|<>$()]/.test(value),
  );

const variable = z
  .strictObject({
    value: z.string("a text").optional(),
    production: z.string("a text").optional(),
    secret: z.boolean("true or false").default(false),
  })
  .refine(
    ({ secret, value, production }) => !secret || (value === undefined && production === undefined),
    "a secret without a value here",
  );
const environment = z.record(variableName, variable, "an object of variables").default({});

const service = z.strictObject({
  entry: fileWithin,
  workspace: fileWithin.optional(),
  version: text('a semver such as "1.2.3"', (value) => semver.valid(value) === value),
  httpPort: port,
  microservicePort: port.optional(),
  instances: z
    .custom<number | "max">(
      (value) => value === "max" || isCount(value),
      'a number of processes from 1 to 999, or "max"',
    )
    .default(1),
  maxMemoryMb: wholeNumber(64, 1_000_000, "a number of megabytes from 64 up").default(512),
  needs: z
    .array(
      z.custom<Need>(
        (value) => ["mongodb", "rabbitmq", "redis"].includes(value as string),
        "mongodb, rabbitmq or redis",
      ),
      "a list",
    )
    .refine((needs) => new Set(needs).size === needs.length, "a list that names each once")
    .default([]),
  environment,
});

const absoluteFile = text("an absolute path, without quotes or blanks", (value) => /^\/[^"'`\\\s;{}]+$/.test(value));

const edge = z.strictObject({
  service: name,
  serverNames: z
    .array(
      text("a server's name", (value) => /^[\w.*-]+$/.test(value)),
      "a list",
    )
    .min(1, "a list of at least one")
    .default(["_"]),
  httpPort: port.default(80),
  ipv6: z.boolean("true or false").default(false),
  tls: z.strictObject({ certificate: absoluteFile, key: absoluteFile, port: port.default(443) }).optional(),
});

const some = "a host's name, or some";

const hosts = z.strictObject({
  user: shellWord("a user's name").default("deploy"),
  host: z.union([shellWord("a host's name"), z.array(shellWord("a host's name")).min(1, some)], some),
  port: port.default(22),
  key: shellWord("the path of a key").optional(),
  sshOptions: z.array(shellWord("an option of ssh"), "a list").default([]),
  repository: shellWord("the address of a git repository"),
  ref: shellWord("a branch or tag").default("origin/master"),
  path: absoluteFile,
});

/** The form of a manifest. */
export const systemSchema = z.strictObject({
  name,
  services: z.record(name, service, "an object of services"),
  environment,
  build: z
    .strictObject({
      install: command.default("npm ci"),
      lockFile: fileWithin.default("package-lock.json"),
      compile: command.default("npm run build"),
      test: command.default("npm test"),
      installForImage: command.default("npm ci --omit=dev"),
      workspaces: z.array(fileWithin, "a list").default([]),
      nodeMajor: wholeNumber(20, 99, "a major version of Node.js from 20 up").default(22),
    })
    .prefault({}),
  edge: edge.optional(),
  discovery: z.enum(["consul", "dns"], 'how pods find each other, "consul" or "dns"').default("consul"),
  hosts: z.record(name, hosts, "an object of environments").default({}),
});

/** A declaration with everything filled in. */
export type CompleteSystem = z.output<typeof systemSchema>;

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 999;
}
