export { VastifyError } from "./core/index.js";
