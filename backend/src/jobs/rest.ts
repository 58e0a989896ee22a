import type { LiveTraffic } from "./pace.js";

const SLICE_MS = 20;
/** Of the time that a slice took: as long a pause when the worker has nothing else to do, so that it holds half a core at most. */
const IDLE_SHARE = 1;
/** While live bulks are in flight: they have the store for themselves four fifths of the time. */
const BUSY_SHARE = 4;
/** Live events that have waited for so long, in ms, make the pause one share longer. */
const LAG_PER_SHARE_MS = 50;
const MOST_SHARE = 40;
const MOST_REST_MS = 5_000;

/**
 * The pace of a job whose slices cost the store something: after each it rests, the longer the more live traffic feels it. What live
 * events have waited for is the measure (`lagMs`): at 100 ms a slice is followed by six times as much rest, at 2 s by forty times.
 * @param mayGoOn asked while resting; false ends the rest
 */
export function createRest(live: LiveTraffic, mayGoOn: () => boolean): { after(workedMs: number): Promise<void> } {
  return {
    async after(workedMs) {
      const share = Math.min(MOST_SHARE, (live.busy() ? BUSY_SHARE : IDLE_SHARE) + Math.floor(live.lagMs() / LAG_PER_SHARE_MS));
      const until = performance.now() + Math.min(MOST_REST_MS, workedMs * share);
      do await new Promise((resolve) => setTimeout(resolve, Math.min(SLICE_MS, Math.max(0, until - performance.now()))));
      while (mayGoOn() && performance.now() < until);
    },
  };
}
