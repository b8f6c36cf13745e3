import { type LiveSettings, liveSettings } from "vastify";
import { z } from "zod";

/** What operators may change while account-server runs: `settings/account-server` in Consul's KV. */
const schema = z.strictObject({
  /** How many users a page has when its reader does not say. */
  pageSize: z.int().min(1).max(200).default(50),
});

export type AccountSettings = LiveSettings<z.output<typeof schema>>;

/** @param snapshot a file that keeps them for a start without config-server */
export function accountSettings(snapshot: string | undefined): AccountSettings {
  return liveSettings({ name: "account-server", schema, snapshot });
}
