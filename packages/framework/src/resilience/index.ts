export { createRetryPolicy, type RetryOptions, type RetryPolicy } from "./retry.js";
