/**
 * Traces that are recorded for one tenant in a second. A sender's `traceparent` can ask that each of its requests is recorded; all of
 * them together must not fill the queue in which its neighbours' spans wait (2,048 within 5 s), nor cost more than this.
 */
const MOST_A_SECOND = 100;

export interface TraceShares {
  has(tenantId: string): boolean;
  take(tenantId: string): void;
}

export function createTraceShares(now: () => number = Date.now): TraceShares {
  const taken = new Map<string, number>();
  let second = 0;
  return {
    has(tenantId) {
      const current = Math.floor(now() / 1_000);
      if (current !== second) {
        second = current;
        taken.clear();
      }
      return (taken.get(tenantId) ?? 0) < MOST_A_SECOND;
    },
    take(tenantId) {
      taken.set(tenantId, (taken.get(tenantId) ?? 0) + 1);
    },
  };
}
