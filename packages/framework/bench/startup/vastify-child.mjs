// A service with one action, registered in Consul.
import { createService } from "vastify";
import { tellParent } from "./tell-parent.mjs";

function echoes() {
  this.add("role:bench,cmd:echo", async ({ data }) => ({ data }));
}

const service = createService({
  name: `bench-${process.pid}`,
  version: "1.0.0",
  consul: { address: process.argv[2] },
  log: { level: "error" },
  modules: [{ plugin: echoes }],
});
await service.start();
tellParent();
