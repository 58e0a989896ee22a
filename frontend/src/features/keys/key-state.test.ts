import { expect, it } from "vitest";
import { changeOver, standingOf } from "./key-state.js";

const now = Date.parse("2026-11-21T12:00:00Z");

it.each([
  [{ state: "active", expiresAt: null }, "Active"],
  [{ state: "active", expiresAt: "2027-11-21T12:00:00Z" }, "Active"],
  [{ state: "active", expiresAt: "2026-11-22T12:00:00Z" }, "Ends soon"],
  [{ state: "replaced", expiresAt: "2026-11-22T12:00:00Z" }, "Being replaced"],
  [{ state: "expired", expiresAt: "2026-11-21T11:00:00Z" }, "Expired"],
  [{ state: "revoked", expiresAt: "2026-11-22T12:00:00Z" }, "Revoked"],
] as const)("%j is said to be %s", (key, text) => expect(standingOf(key, now).text).toBe(text));

it.each([
  [{ stillUsed: true, successorLastUsedAt: null }, "still used"],
  [{ stillUsed: true, successorLastUsedAt: "2026-11-21T11:00:00Z" }, "still used"],
  [{ stillUsed: false, successorLastUsedAt: "2026-11-21T11:00:00Z" }, "changed over"],
  // Nobody uses either: that the old one is unused proves nothing yet.
  [{ stillUsed: false, successorLastUsedAt: null }, "successor unused"],
])("%j is %s", (used, text) =>
  expect(changeOver({ rotatedAt: "2026-11-21T10:00:00Z", overlapEndsAt: "2026-11-22T10:00:00Z", ...used })).toBe(text),
);
