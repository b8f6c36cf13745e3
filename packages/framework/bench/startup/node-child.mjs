// What Node.js itself takes.
import { once } from "node:events";
import { createServer } from "node:net";
import { tellParent } from "./tell-parent.mjs";

await once(createServer((socket) => socket.pipe(socket)).listen(0, "127.0.0.1"), "listening");
tellParent();
