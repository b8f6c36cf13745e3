import { z } from "zod";

/** What config-server says of the settings of one name. */
export interface SettingsAnswer {
  readonly name: string;
  /** Another one for another document. */
  readonly revision: string;
  /** Consul's index that this is as of. */
  readonly index: number;
  /** What is written; absent while nothing is. */
  readonly document?: unknown;
}

export const settingsAnswerShape = z.object({
  name: z.string(),
  revision: z.string(),
  index: z.number(),
  document: z.unknown().optional(),
});
