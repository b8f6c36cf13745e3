// A plain Seneca, as its users run it: node plain-child.mjs OPTIONS
import Seneca from "seneca";
import { answerParent } from "../../support/child.mjs";
import { freePort } from "../../support/free-port.mjs";

const seneca = Seneca({ log: "silent", timeout: 10_000, ...JSON.parse(process.argv[2]) });
const ready = () => new Promise((resolve) => seneca.ready(resolve));

answerParent({
  async listen() {
    const port = await freePort();
    seneca.add("cmd:echo", (message, reply) => reply(null, { data: message.data }));
    seneca.add("cmd:fail", (_message, reply) => reply(new Error("out of stock")));
    seneca.listen({ port, host: "127.0.0.1" });
    await ready();
    return port;
  },
  async connect(port) {
    seneca.client({ port, host: "127.0.0.1", pin: "cmd:*" });
    await ready();
  },
  call: (message) =>
    new Promise((resolve) => {
      seneca.act(message, (error, result) => resolve(error ? { failed: true } : { result: { data: result?.data } }));
    }),
});
