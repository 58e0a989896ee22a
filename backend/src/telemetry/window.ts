/**
 * Quantiles of what was recorded lately, in constant memory: counts in logarithmic buckets (7 % wide), in two halves of the
 * window that take turns.
 */
export interface LatencyWindow {
  /** @param ms a duration; @param count how many had it */
  record(ms: number, count?: number): void;
  /** The quantile in ms over the last one to two half windows; null when nothing was recorded. */
  quantile(q: number): number | null;
}

const BUCKETS = 256;
const GROWTH = Math.log(1.07);
const LEAST_MS = 0.05;

export function createLatencyWindow(halfWindowMs = 5_000): LatencyWindow {
  let young = new Uint32Array(BUCKETS);
  let old = new Uint32Array(BUCKETS);
  let turnAt = Date.now() + halfWindowMs;

  const turn = (): void => {
    const now = Date.now();
    if (now < turnAt) return;
    old = now - turnAt < halfWindowMs ? young : new Uint32Array(BUCKETS);
    young = new Uint32Array(BUCKETS);
    turnAt = now + halfWindowMs;
  };

  return {
    record(ms, count = 1) {
      turn();
      const bucket = ms <= LEAST_MS ? 0 : Math.min(BUCKETS - 1, Math.ceil(Math.log(ms / LEAST_MS) / GROWTH));
      young[bucket] = (young[bucket] as number) + count;
    },
    quantile(q) {
      turn();
      let total = 0;
      for (let i = 0; i < BUCKETS; i++) total += (young[i] as number) + (old[i] as number);
      if (total === 0) return null;
      let rank = Math.ceil(q * total);
      for (let i = 0; i < BUCKETS; i++) {
        rank -= (young[i] as number) + (old[i] as number);
        if (rank <= 0) return LEAST_MS * Math.exp(i * GROWTH);
      }
      return LEAST_MS * Math.exp((BUCKETS - 1) * GROWTH);
    },
  };
}
