import { type Role, roles } from "@streamforge/shared";

/** What each role may do. */
export const roleWords: Record<Role, string> = {
  viewer: "Sees everything, changes nothing.",
  operator: "Also retries, replays and discards dead letters, and acknowledges alarms.",
  admin: "Also keys, tenants, event types and people.",
};

export const roleNames: Record<Role, string> = { viewer: "Viewer", operator: "Operator", admin: "Admin" };

/** In the order of what they may. */
export const roleChoices = roles.map((role) => ({ value: role, label: roleNames[role] }));
