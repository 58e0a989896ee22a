export * from "./api.js";
export * from "./dead-letter-selector.js";
export * from "./problems.js";
