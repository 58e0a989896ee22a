export * from "./api.js";
export * from "./problems.js";
