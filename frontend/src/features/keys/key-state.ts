import type { KeyView } from "@streamforge/shared";
import type { Tone } from "../../ui/badge.js";

/** Where a key stands, in words; the tone repeats them. */
export interface KeyState {
  kind: "active" | "ending" | "expired" | "revoked";
  text: string;
  tone: Tone;
}

/** A key that ends within this is worth a warning, in ms. */
const SOON_MS = 7 * 86_400_000;

export function keyState({ revokedAt, expiresAt }: Pick<KeyView, "revokedAt" | "expiresAt">, nowMs: number): KeyState {
  if (revokedAt && Date.parse(revokedAt) <= nowMs) return { kind: "revoked", text: "Revoked", tone: "neutral" };
  if (!expiresAt) return { kind: "active", text: "Active", tone: "good" };
  const leftMs = Date.parse(expiresAt) - nowMs;
  if (leftMs <= 0) return { kind: "expired", text: "Expired", tone: "neutral" };
  return leftMs < SOON_MS ? { kind: "ending", text: "Ends soon", tone: "warn" } : { kind: "active", text: "Active", tone: "good" };
}

/** Whether it still opens the door. */
export const isUsable = (key: KeyView, nowMs: number) => /^(active|ending)$/.test(keyState(key, nowMs).kind);

/**
 * The key that took over from this one: a newer usable one of the same name and tenant, as a rotation makes it. Then whoever still uses
 * the old one has to be found before it ends.
 */
export function successorOf(key: KeyView, keys: readonly KeyView[], nowMs: number): KeyView | undefined {
  if (!key.expiresAt || !isUsable(key, nowMs)) return undefined;
  return keys.find(
    (other) => other.tenantId === key.tenantId && other.name === key.name && other.createdAt > key.createdAt && isUsable(other, nowMs),
  );
}

/** Whether the old key was used after its successor was there: somebody has not changed over. */
export const stillUsed = (key: KeyView, successor: KeyView) => key.lastUsedAt !== null && key.lastUsedAt > successor.createdAt;
