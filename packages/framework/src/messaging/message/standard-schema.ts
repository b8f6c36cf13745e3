import { VastifyError } from "../../core/index.js";

type Issue = {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
};
type Result<Output> = { readonly value: Output; readonly issues?: undefined } | { readonly issues: readonly Issue[] };

/** What checks a payload: any schema that keeps to standardschema.dev, such as one of zod, valibot or arktype. */
export interface StandardSchema<Output = unknown> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => Result<Output> | Promise<Result<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

/**
 * The value as its schema gives it back.
 * @param what the message, for the error
 * @throws VastifyError `invalid_argument`, reason `bad_payload`; `details.issues` tells each field
 */
export async function checkPayload<T>(schema: StandardSchema<T>, value: unknown, what: string): Promise<T> {
  const result = await schema["~standard"].validate(value);
  if (result.issues === undefined) return result.value;
  const issues = result.issues.map(({ path = [], message }) => ({ path: pathOf(path), message }));
  const told = issues.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join("; ");
  throw new VastifyError("invalid_argument", `the payload of ${what} is not what its schema asks for: ${told}`, {
    reason: "bad_payload",
    details: { issues },
  });
}

function pathOf(path: NonNullable<Issue["path"]>): string {
  return path.map((step) => String(typeof step === "object" ? step.key : step)).join(".");
}
