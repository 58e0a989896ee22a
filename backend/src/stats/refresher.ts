import { reportFault } from "../lib/faults.js";

export interface Refreshed<T> {
  /** What was found last, and when (ms); undefined before the first time. */
  last(): { value: T; atMs: number } | undefined;
  /** Resolves when the first look has ended, well or not. */
  first: Promise<void>;
  /** Resolves when a look that is under way has ended. */
  close(): Promise<void>;
}

/** Of a look that takes long there is one less often, so that looking takes at most this share of the time. */
const MOST_SHARE = 0.05;

/**
 * Looks again and again, one look at a time; a failure keeps the last finding, whose age tells. A look that failed is made again
 * after `everyMs`, however long it took: the time-out of a store that is away is no cost, and its return must be seen at once.
 */
export function refresh<T>(look: () => Promise<T>, everyMs: number): Refreshed<T> {
  let found: { value: T; atMs: number } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const run = async (): Promise<void> => {
    const startedAt = performance.now();
    let pauseMs = everyMs;
    try {
      found = { value: await look(), atMs: Date.now() };
      pauseMs = Math.max(everyMs, (performance.now() - startedAt) / MOST_SHARE);
    } catch (error) {
      // Shown by its age.
      reportFault("statistics", error);
    }
    if (closed) return;
    timer = setTimeout(() => {
      looking = run();
    }, pauseMs);
    timer.unref();
  };
  let looking = run();
  return {
    first: looking,
    last: () => found,
    async close() {
      closed = true;
      clearTimeout(timer);
      await looking;
    },
  };
}
