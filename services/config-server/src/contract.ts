import { defineAction, defineContract } from "vastify";
import { z } from "zod";

const resultCode = z.object({ code: z.int(), desc: z.string() });

/** What config-server offers. Callers import this, and nothing else of it. */
export const config = defineContract({
  target: "config-server",
  version: "1.0.0",
  actions: {
    load: defineAction({
      summary: "Gives the result codes that all services share",
      pattern: { module: "config", if: "load" },
      access: "public",
      idempotent: true,
      output: z.object({
        version: z.string().describe("Of the config-server that answered"),
        codes: z.record(z.string(), resultCode).and(z.object({ success: resultCode, wrongCredentials: resultCode })),
      }),
    }),
  },
});
