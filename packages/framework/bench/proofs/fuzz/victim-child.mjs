// The process under attack: a whole service, found through a development registry of its own.
import { createService } from "vastify";
import { answerAsVictim } from "./answer-as-victim.mjs";
import { watchFaults } from "./faults.mjs";

/** The one failure that is meant to happen, and to be logged. */
const meant = new Error("secret");
const faults = watchFaults(meant);

answerAsVictim(faults, async (common) => {
  const service = createService({ ...common, name: "victim" });
  service.add("cmd:ping", (_message, reply) => reply(null, { pong: true }));
  service.add("cmd:echo", (message, reply) => reply(null, message.data));
  service.add("cmd:sum", async ({ a, b }) => ({ sum: a + b }));
  service.add("cmd:fail", (_message, reply) => reply(meant));
  service.add("cmd:never", (_message, _reply) => {});
  await service.start();
  return Number(service.addresses.microservice.split(":")[1]);
});
