// A service that offers nothing and calls others.
import { createService, VastifyError } from "vastify";
import { answerParent } from "../../support/child.mjs";
import { startLoad } from "./load.mjs";
import { memoryFigures } from "./process-figures.mjs";

let service;
let load;

/** One call, as an outcome. */
async function call(message, options) {
  try {
    const { by, version } = await service.act(message, options);
    return { by, version };
  } catch (thrown) {
    const { code, reason } = VastifyError.from(thrown);
    return { error: reason ?? code };
  }
}

answerParent({
  async start({ options }) {
    service = createService(options);
    await service.start();
    return { instance: service.instance };
  },
  call: ({ message, options }) => call(message, options),
  /** Makes calls, so many at once, and gives the outcome of each. */
  async callMany({ messages, options, atOnce = 16 }) {
    const outcomes = [];
    const left = messages.entries();
    async function callOn() {
      for (const [n, message] of left) outcomes[n] = await call(message, options);
    }
    await Promise.all(Array.from({ length: atOnce }, callOn));
    return outcomes;
  },
  /** Calls at a fixed rate from now on. */
  begin({ perSecond, message, options }) {
    load = startLoad({ perSecond, send: () => call(message, options) });
  },
  /** Ends that, and gives its outcomes. */
  end: () => load.stop(),
  memory: memoryFigures,
  leave: () => service.stop(),
});
