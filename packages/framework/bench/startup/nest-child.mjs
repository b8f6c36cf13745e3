// A service with one message pattern over TCP.
import { startServer } from "../calls/contestants/nest.mjs";
import { tellParent } from "./tell-parent.mjs";

await startServer();
tellParent();
