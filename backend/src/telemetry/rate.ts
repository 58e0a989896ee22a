/** How many a second, over the time since it was asked last. */
export interface RateCounter {
  add(n: number): void;
  /** Since it was asked half a second ago or more. */
  perSecond(): number;
}

const LEAST_SPAN_MS = 500;

export function createRate(): RateCounter {
  let counted = 0;
  let sinceMs = Date.now();
  let perSecond = 0;
  return {
    add(n) {
      counted += n;
    },
    perSecond() {
      const now = Date.now();
      if (now - sinceMs >= LEAST_SPAN_MS) {
        perSecond = Math.round((counted * 1000) / (now - sinceMs));
        counted = 0;
        sinceMs = now;
      }
      return perSecond;
    },
  };
}
