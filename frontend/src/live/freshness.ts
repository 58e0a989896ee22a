/**
 * Whether the figures on the screen are still true. Judged by when a *new* snapshot came, not by the connection: a server
 * that repeats an old snapshot is as stale as one that is silent.
 */

/** Messages come every second; two lost ones can be a hiccup, more is an outage that the operator must see. */
export const STALE_AFTER_MS = 3500;

export type Freshness = { kind: "waiting" } | { kind: "live" } | { kind: "stale"; ageSeconds: number };

/**
 * @param freshAtMs when the newest snapshot came, by the browser's clock; null before the first
 * @param nowMs the browser's clock
 */
export function freshness(freshAtMs: number | null, nowMs: number): Freshness {
  if (freshAtMs === null) return { kind: "waiting" };
  const ageMs = nowMs - freshAtMs;
  return ageMs <= STALE_AFTER_MS ? { kind: "live" } : { kind: "stale", ageSeconds: Math.floor(ageMs / 1000) };
}
