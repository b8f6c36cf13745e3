import Seneca from "seneca";
import { freePort } from "../../support/free-port.mjs";

// The history remembers every call: without it Seneca is a little faster and does not run out of memory.
const options = { log: "silent", history: { active: false } };

export async function startServer({ type }) {
  const address = { type, host: "127.0.0.1", port: await freePort() };
  const seneca = Seneca(options);
  seneca.add("cmd:echo", (message, reply) => reply(null, message.data));
  await ready(seneca.listen(address));
  return address;
}

export async function connect(address) {
  const seneca = Seneca(options);
  await ready(seneca.client(address));
  return {
    call: (data) =>
      new Promise((resolve, reject) => {
        seneca.act({ cmd: "echo", data }, (error, result) => (error ? reject(error) : resolve(result)));
      }),
  };
}

function ready(seneca) {
  return new Promise((resolve, reject) => {
    seneca.error(reject);
    seneca.ready(resolve);
  });
}
