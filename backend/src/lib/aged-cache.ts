/** The result of an expensive look, kept with the time the look began. */
export interface AgedCache<T> {
  /**
   * The latest result, at most as old as the rules below allow. Callers that come during a look share it.
   * @param signal ends the caller's waiting; the look itself ends with the last caller that waits for it
   */
  current(signal?: AbortSignal): Promise<{ value: T; atMs: number }>;
  /** What is known is out of date: the next caller waits for a new look. */
  forget(): void;
}

/** A look that takes less than this is made for each caller. */
const QUICK_MS = 20;
/** Looking takes at most this share of the time. */
const MOST_SHARE = 0.05;
/** An older result is not given: the first caller after a silence waits. */
const OLDEST_MS = 60_000;

interface Look<T> {
  made: Promise<{ value: T; atMs: number }>;
  waiting: number;
  end: AbortController;
}

/** Looks when somebody asks, never for nobody. While an expensive look is made anew, callers get the result before it. */
export function createAgedCache<T>(make: (signal: AbortSignal) => Promise<T>, now: () => number = Date.now): AgedCache<T> {
  let last: { value: T; atMs: number; tookMs: number } | undefined;
  let making: Look<T> | undefined;
  let generation = 0;

  const begin = (): Look<T> => {
    const mine = generation;
    const atMs = now();
    const end = new AbortController();
    const made = make(end.signal)
      .then((value) => {
        const found = { value, atMs, tookMs: now() - atMs };
        if (mine === generation) last = found;
        return found;
      })
      .finally(() => {
        if (making === look) making = undefined;
      });
    const look: Look<T> = { made, waiting: 0, end };
    return look;
  };

  const wait = (signal?: AbortSignal): Look<T>["made"] => {
    making ??= begin();
    const look = making;
    look.waiting++;
    if (!signal) return look.made;
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        reject(signal.reason);
        if (--look.waiting > 0) return;
        // The next caller begins anew.
        if (making === look) making = undefined;
        look.end.abort(signal.reason);
      };
      signal.addEventListener("abort", leave, { once: true });
      look.made.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
    });
  };

  return {
    async current(signal) {
      signal?.throwIfAborted();
      if (!last) return wait(signal);
      const ageMs = now() - last.atMs;
      if (last.tookMs > QUICK_MS && ageMs < last.tookMs / MOST_SHARE) return last;
      if (last.tookMs <= QUICK_MS || ageMs > OLDEST_MS) return wait(signal);
      // For those who come next; the age of the result that is given tells.
      wait().catch(() => {});
      return last;
    },
    forget() {
      generation++;
      last = undefined;
      making = undefined;
    },
  };
}
