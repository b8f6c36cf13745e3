import { GraphQLError } from "graphql";
import { httpStatusOfError, type Logger, VastifyError } from "../../core/index.js";

export interface ErrorSurroundings {
  /** The request's trace id. */
  readonly tx: string;
  readonly log: Logger;
}

/** What of an error a client may see, in the `extensions` that GraphQL leaves to servers. */
export function graphqlError(thrown: Error, { tx, log }: ErrorSurroundings): GraphQLError {
  const given = thrown instanceof GraphQLError ? thrown : undefined;
  const error = meaningOf(thrown, given);
  const status = httpStatusOfError(error);
  if (status === 500) log.error(`GraphQL's ${given?.path?.join(".")} failed`, { tx, err: error.cause ?? error });
  const { code, message, reason, details } = VastifyError.toWire(error, tx);
  return new GraphQLError(message, {
    nodes: given?.nodes ?? null,
    source: given?.source ?? null,
    positions: given?.positions ?? null,
    path: given?.path ?? null,
    extensions: {
      code,
      ...(reason !== undefined && { reason }),
      ...(details !== undefined && { details }),
      http: { status },
      tx,
    },
  });
}

function meaningOf(thrown: Error, given: GraphQLError | undefined): VastifyError {
  if (!given?.path) return new VastifyError("invalid_argument", thrown.message, { reason: "bad_query" });
  const { originalError } = given;
  if (VastifyError.is(originalError)) return originalError;
  // An output that is not as the schema has it; the sentence about it may hold what it is instead.
  return VastifyError.from(originalError ?? given);
}
