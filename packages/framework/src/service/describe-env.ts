import { z } from "zod";
import { expectationOf } from "./read-env.js";
import { type ServiceEnvDefaults, serviceShape } from "./service-env.js";

/** What people want to know of an environment variable. */
export interface EnvVariable {
  readonly name: string;
  /** What it is for: `purpose` in the schema's `meta`. */
  readonly purpose: string;
  /** What it must be: the schema's `describe`. */
  readonly expected: string;
  /** What it is when it is absent or empty. */
  readonly defaultValue: string | undefined;
  /** Whether the service does not start without it. */
  readonly isRequired: boolean;
}

/**
 * Tells which variables a service takes, in the order of their names.
 * @param defaults as for `serviceEnv`
 * @param shape the service's own, as for `readEnv`
 */
export function describeEnv(defaults: ServiceEnvDefaults, shape: z.ZodRawShape = {}): readonly EnvVariable[] {
  const ports = { HTTP_PORT: defaults.httpPort, MICROSERVICE_PORT: defaults.microservicePort };
  const own = { ...ports, SERVICE_VERSION: defaults.version };
  return Object.entries({ ...serviceShape, ...shape })
    .filter(([name]) => name !== "MICROSERVICE_PORT" || defaults.microservicePort !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, schema]) => {
      const absent = z.safeParse(schema, undefined);
      const known = own[name as keyof typeof own] ?? absent.data;
      return {
        name,
        purpose: String((schema as z.ZodType).meta()?.purpose ?? ""),
        expected: expectationOf(schema) ?? "a text",
        defaultValue: known === undefined ? undefined : String(known),
        isRequired: !absent.success,
      };
    });
}
