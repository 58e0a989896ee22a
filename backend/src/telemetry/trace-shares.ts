/**
 * Traces that are recorded for one tenant in a second. A sender's `traceparent` can ask that each of its requests is recorded; all of
 * them together must not fill the queue in which its neighbours' spans wait (2,048 within 5 s), nor cost more than this.
 */
const MOST_A_SECOND = 100;

export interface TraceShares {
  /** @returns false when the tenant has had its share of this second */
  take(tenantId: string): boolean;
}

export function createTraceShares(now: () => number = Date.now): TraceShares {
  const taken = new Map<string, number>();
  let second = 0;
  return {
    take(tenantId) {
      const current = Math.floor(now() / 1_000);
      if (current !== second) {
        second = current;
        taken.clear();
      }
      const before = taken.get(tenantId) ?? 0;
      if (before >= MOST_A_SECOND) return false;
      taken.set(tenantId, before + 1);
      return true;
    },
  };
}
