export * from "./api.js";
export * from "./dead-letter-selector.js";
export * from "./keys.js";
export * from "./problems.js";
export * from "./settings.js";
export * from "./users.js";
