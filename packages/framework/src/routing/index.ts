export { createDescriptions, type DescribedVersion, type Descriptions, describeMessage } from "./descriptions.js";
export { versionsFor } from "./picker.js";
export { createRouter, type RouterOptions } from "./router.js";
export { isVersion, isVersionRange } from "./version.js";
