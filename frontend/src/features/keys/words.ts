import type { Scope } from "@streamforge/shared";

/** What each scope lets a key do. */
export const scopeWords: Record<Scope, string> = {
  "events:write": "Send events. What a producer needs.",
  "events:read": "Read the tenant's events.",
  "dead-letters:read": "Read dead letters and their attempts.",
  "dead-letters:write": "Retry, discard and replay dead letters.",
  admin: "Everything in its tenant, keys included.",
};
