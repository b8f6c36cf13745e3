// A service under test: target `work`, with a read that may be repeated and a write that may not.
import { setTimeout as sleep } from "node:timers/promises";
import { createService, VastifyError } from "vastify";
import { answerParent } from "../../support/child.mjs";
import { createJournal } from "./journal.mjs";

let service;
let journal;
let behaviour = { delayMs: 0, failShare: 0 };

async function work() {
  const { delayMs, failShare } = behaviour;
  if (delayMs > 0) await sleep(delayMs);
  if (Math.random() < failShare) throw new VastifyError("internal", "this version is broken", { reason: "broken" });
  return { by: service.instance, version: service.version };
}

async function write({ args, id = args?.body?.id }) {
  journal.begin(id);
  const result = await work();
  journal.end(id);
  return result;
}

const module = {
  plugin: function workModule() {
    this.add("role:work,cmd:read", work);
    this.add("role:work,cmd:write", write);
  },
  routes: { prefix: "/work", pin: "role:work,cmd:*", map: { read: { GET: true }, write: { POST: true } } },
};

answerParent({
  async start({ options, journals, ...behaves }) {
    behaviour = { ...behaviour, ...behaves };
    service = createService({ modules: [module], ...options });
    journal = createJournal(journals, service.instance);
    await service.start();
    return { instance: service.instance, port: Number(service.addresses.microservice.split(":").at(-1)) };
  },
  behave(behaves) {
    behaviour = { ...behaviour, ...behaves };
  },
  leave: () => service.stop(),
});
