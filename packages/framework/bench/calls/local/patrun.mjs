import { Patrun } from "patrun";

/** The limit: the pattern is found and its function run, nothing else. */
export async function create() {
  const patterns = Patrun();
  patterns.add({ cmd: "echo" }, (message) => message.data);
  return {
    calls: {
      async echo(data) {
        const message = { cmd: "echo", data };
        return patterns.find(message)(message);
      },
    },
  };
}
