import { askHealth, type HealthAnswer } from "../ask-health.js";
import { type Instance, instanceOf, targetOf } from "../instance.js";
import { checkNotes } from "../notes.js";
import type { HttpAddress } from "./find-addresses.js";

/** What an address says when it is asked who is there. */
export type InstanceAnswer =
  | { readonly kind: "there"; readonly instance: Instance }
  /** Nobody, or somebody who takes no work. `id` is who says so. */
  | { readonly kind: "gone"; readonly id: string | undefined }
  | { readonly kind: "silent" }
  /** Somebody who is of no use to us. */
  | { readonly kind: "wrong"; readonly problem: string };

/** Asks an address for the instance of `target` that DNS says is there. */
export async function askInstance(
  target: string,
  { host, port }: HttpAddress,
  signal: AbortSignal,
): Promise<InstanceAnswer> {
  return readInstanceAnswer(target, { host, port }, await askHealth(host, port, signal));
}

export function readInstanceAnswer(target: string, { host, port }: HttpAddress, answer: HealthAnswer): InstanceAnswer {
  if (answer.kind === "silent") return answer;
  if (answer.kind === "refused") return { kind: "gone", id: undefined };
  const { status, instance: id, notes } = answer;
  if (status < 200 || status > 299) return { kind: "gone", id };
  // An address that was another service's a moment ago, while DNS still gives it.
  if (id === undefined || targetOf(id) !== target)
    return { kind: "wrong", problem: `it is no instance of ${target}, but ${id ?? "does not say of what"}` };
  const checked = checkNotes(notes);
  if ("problem" in checked) return { kind: "wrong", problem: `its /health has notes with ${checked.problem}` };
  return { kind: "there", instance: instanceOf({ id, target, host, httpPort: port }, checked.notes) };
}
