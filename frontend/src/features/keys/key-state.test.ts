import type { KeyView } from "@streamforge/shared";
import { expect, it } from "vitest";
import { keyState, stillUsed, successorOf } from "./key-state.js";

const now = Date.parse("2026-11-21T12:00:00Z");
const key = (parts: Partial<KeyView> = {}): KeyView => ({
  id: "a",
  tenantId: "t",
  name: "checkout",
  scopes: ["events:write"],
  environment: "live",
  defaultType: null,
  createdAt: "2026-01-01T00:00:00Z",
  expiresAt: null,
  revokedAt: null,
  lastUsedAt: null,
  ...parts,
});

it.each([
  [{}, "active"],
  [{ expiresAt: "2027-11-21T12:00:00Z" }, "active"],
  [{ expiresAt: "2026-11-22T12:00:00Z" }, "ending"],
  [{ expiresAt: "2026-11-21T12:00:00Z" }, "expired"],
  [{ revokedAt: "2026-11-21T11:00:00Z", expiresAt: "2026-11-22T12:00:00Z" }, "revoked"],
])("%j is %s", (parts, kind) => expect(keyState(key(parts), now).kind).toBe(kind));

it("knows the key that took over, and who has not changed over to it", () => {
  const old = key({ expiresAt: "2026-11-21T13:00:00Z", lastUsedAt: "2026-11-21T11:59:00Z" });
  const next = key({ id: "b", createdAt: "2026-11-21T11:30:00Z" });
  expect(successorOf(old, [old, next], now)).toBe(next);
  expect(stillUsed(old, next)).toBe(true);
  expect(stillUsed({ ...old, lastUsedAt: "2026-11-21T11:00:00Z" }, next)).toBe(false);
  expect(successorOf(old, [old, { ...next, tenantId: "other" }], now)).toBeUndefined();
  expect(successorOf(next, [old, next], now)).toBeUndefined();
  // An older key of the same name takes over from nobody.
  expect(successorOf({ ...next, expiresAt: "2026-11-21T13:00:00Z" }, [old], now)).toBeUndefined();
});
