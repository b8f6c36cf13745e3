export type { ActionPolicy, Fallback, TargetPolicy } from "../resilience/index.js";
export type { Balance } from "./balance.js";
export {
  askDescription,
  createDescriptions,
  type DescribedVersion,
  type Descriptions,
  describeMessage,
} from "./descriptions.js";
export type { Candidate, RouteExplanation } from "./explain-route.js";
export { readRouteRules } from "./route-rules.js";
export { createRouter, type Router, type RouterOptions } from "./router.js";
export { versionsFor } from "./target-routes.js";
export { isVersion, isVersionRange } from "./version.js";
