import { VastifyError } from "../../core/index.js";
import type { OutboxRecord } from "./outbox-event.js";

/** An event of a contract; its schema is of any library that speaks Standard Schema. */
export interface AnnouncedEvent<Payload = unknown> {
  readonly name: string;
  readonly payload: {
    readonly "~standard": {
      readonly validate: (value: unknown) => unknown;
      readonly types?: { readonly output: Payload } | undefined;
    };
  };
}

/**
 * What an event says, as it is stored. A payload that its schema refuses is refused before anything is stored, for it
 * could never be published; a schema that takes its time to tell is asked only then.
 * @throws VastifyError `invalid_argument`, reason `bad_payload`
 */
export function announced<Payload>(
  event: string | AnnouncedEvent<Payload>,
  payload: Payload,
): Pick<OutboxRecord, "type" | "payload"> {
  if (typeof event === "string") return { type: event, payload };
  const { issues } = Object(event.payload["~standard"].validate(payload)) as {
    issues?: readonly { message: string }[];
  };
  if (issues === undefined) return { type: event.name, payload };
  const said = issues.map(({ message }) => message).join("; ");
  throw new VastifyError("invalid_argument", `the payload of ${event.name} is not what its schema asks for: ${said}`, {
    reason: "bad_payload",
  });
}
