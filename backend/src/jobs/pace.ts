/** What a job asks of the live traffic of its worker. */
export interface LiveTraffic {
  /** A bulk of live events is in flight. */
  busy(): boolean;
  /** How long what is being stored now has waited, in ms. */
  lagMs(): number;
}

/** Small bulks: what stands behind one waits for little, and pause or cancel take effect after it. */
export const MOST_AT_ONCE = 100;

const MOST_WAIT_FOR_GAP_MS = 250;
const LAG_MS = 5_000;
const TRICKLE_EVERY_MS = 1_000;
const TRICKLE = 10;
const SLICE_MS = 5;

/**
 * When the next bulk of a job may start, and how large it may be: a token bucket of the job's rate, behind live traffic. It
 * starts in the gaps between live bulks. When 250 ms pass without one, ten items go nevertheless (40 a second), and while live
 * events have waited for more than 5 s, ten a second: slower, yet it never stands still.
 * @param mayGoOn asked while waiting; false ends the wait with 0
 */
export function createPace(ratePerSecond: number, live: LiveTraffic, mayGoOn: () => boolean): { next(most: number): Promise<number> } {
  const bulk = Math.max(1, Math.min(MOST_AT_ONCE, Math.floor(ratePerSecond / 5)));
  // It starts empty: a job that moves from worker to worker keeps to its rate.
  let tokens = 0;
  let filledAt = performance.now();
  let startedAt = 0;

  const until = async (holds: () => boolean, mostMs = Number.POSITIVE_INFINITY): Promise<void> => {
    const deadline = performance.now() + mostMs;
    while (mayGoOn() && !holds() && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, SLICE_MS));
  };
  const filled = (needed: number): boolean => {
    const now = performance.now();
    // A late timer must not lower the rate, and a long wait must not become a burst.
    tokens = Math.min(tokens + ((now - filledAt) * ratePerSecond) / 1_000, bulk * 2);
    filledAt = now;
    return tokens >= needed;
  };

  return {
    async next(most) {
      const lagging = live.lagMs() > LAG_MS;
      let size = Math.min(most, bulk, lagging ? TRICKLE : bulk);
      await until(() => filled(size));
      if (lagging) await until(() => performance.now() - startedAt >= TRICKLE_EVERY_MS);
      await until(() => !live.busy(), MOST_WAIT_FOR_GAP_MS);
      if (!mayGoOn()) return 0;
      if (live.busy()) size = Math.min(size, TRICKLE);
      tokens -= size;
      startedAt = performance.now();
      return size;
    },
  };
}
