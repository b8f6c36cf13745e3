// By this name it is looked for where deployment is spoken of.
export { run, summary } from "./rolling-reload.mjs";
