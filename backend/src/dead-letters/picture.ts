/** A finding that is dear to make, kept with the time it was made. */
export interface Picture<T> {
  /** The latest one, at most as old as the rules below allow. Who asks while one is being made gets that one. */
  current(): Promise<{ value: T; atMs: number }>;
  /** What is known is out of date: the next who asks waits for a new one. */
  forget(): void;
}

/** What is made faster than this is made for each who asks. */
const CHEAP_MS = 20;
/** Making pictures takes at most a twentieth of the time. */
const MOST_SHARE = 0.05;
/** An older picture is not shown: who asks first after a silence waits. */
const OLDEST_MS = 60_000;

/** Made when somebody asks, never for nobody; while the dear kind is made anew, the one before is shown. */
export function createPicture<T>(make: () => Promise<T>, now: () => number = Date.now): Picture<T> {
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
      if (last.tookMs > CHEAP_MS && ageMs < last.tookMs / MOST_SHARE) return last;
      const next = look();
      if (last.tookMs <= CHEAP_MS || ageMs > OLDEST_MS) return next;
      next.catch(() => {}); // The age of the one that is shown tells.
      return last;
    },
    forget() {
      generation++;
      last = undefined;
      making = undefined;
    },
  };
}
