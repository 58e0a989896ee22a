import { type Role, roles } from "@streamforge/shared";

/** What each role may do. */
export const roleWords: Record<Role, string> = {
  viewer: "A viewer sees everything and changes nothing.",
  operator: "An operator also retries, replays and discards dead letters, and acknowledges alarms.",
  admin: "An admin also makes and changes keys, tenants, event types and people.",
};

export const roleNames: Record<Role, string> = { viewer: "Viewer", operator: "Operator", admin: "Admin" };
/** In a sentence: "ada is an admin now". */
export const aRole: Record<Role, string> = { viewer: "a viewer", operator: "an operator", admin: "an admin" };

/** In the order of what they may. */
export const roleChoices = roles.map((role) => ({ value: role, label: roleNames[role] }));
