import { type Seneca, VastifyError } from "vastify";
import { z } from "zod";

const code = z.object({ code: z.number(), desc: z.string() });
const answerShape = z.object({ codes: z.object({ success: code, wrongCredentials: code }) });
export type ResultCodes = z.output<typeof answerShape>["codes"];

const timeoutMs = 2_000;

/**
 * The result codes that all services share, from a config-server of the wanted version.
 * @param seneca the action's own, so that the call belongs to its chain
 */
export async function loadResultCodes(seneca: Seneca, version: string): Promise<ResultCodes> {
  const message = { $$target: "config-server", $$version: version, cmd: "config", timeout$: timeoutMs };
  const parsed = answerShape.safeParse(await seneca.post(message));
  if (parsed.success) return parsed.data.codes;
  throw new VastifyError("unavailable", "config-server answered with something that is no list of result codes", {
    reason: "bad_config",
  });
}
