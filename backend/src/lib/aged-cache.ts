/** The result of an expensive look, kept with the time the look began. */
export interface AgedCache<T> {
  /** The latest result, at most as old as the rules below allow. Callers that come during a look share it. */
  current(): Promise<{ value: T; atMs: number }>;
  /** What is known is out of date: the next caller waits for a new look. */
  forget(): void;
}

/** A look that takes less than this is made for each caller. */
const QUICK_MS = 20;
/** Looking takes at most this share of the time. */
const MOST_SHARE = 0.05;
/** An older result is not given: the first caller after a silence waits. */
const OLDEST_MS = 60_000;

/** Looks when somebody asks, never for nobody. While an expensive look is made anew, callers get the result before it. */
export function createAgedCache<T>(make: () => Promise<T>, now: () => number = Date.now): AgedCache<T> {
  let last: { value: T; atMs: number; tookMs: number } | undefined;
  let making: Promise<{ value: T; atMs: number }> | undefined;
  let generation = 0;

  const look = (): Promise<{ value: T; atMs: number }> => {
    if (making) return making;
    const mine = generation;
    const atMs = now();
    const made = make()
      .then((value) => {
        const found = { value, atMs, tookMs: now() - atMs };
        if (mine === generation) last = found;
        return found;
      })
      .finally(() => {
        if (making === made) making = undefined;
      });
    making = made;
    return made;
  };

  return {
    async current() {
      if (!last) return look();
      const ageMs = now() - last.atMs;
      if (last.tookMs > QUICK_MS && ageMs < last.tookMs / MOST_SHARE) return last;
      const next = look();
      if (last.tookMs <= QUICK_MS || ageMs > OLDEST_MS) return next;
      next.catch(() => {}); // The age of the result that is given tells.
      return last;
    },
    forget() {
      generation++;
      last = undefined;
      making = undefined;
    },
  };
}
