export interface Refreshed<T> {
  /** What was found last, and when (ms); undefined before the first time. */
  last(): { value: T; atMs: number } | undefined;
  /** Resolves when the first look has ended, well or not. */
  first: Promise<void>;
  close(): void;
}

/** Of a look that takes long there is one less often, so that looking takes at most this share of the time. */
const MOST_SHARE = 0.05;

/** Looks again and again, one look at a time; a failure keeps the last finding, whose age tells. */
export function refresh<T>(look: () => Promise<T>, everyMs: number): Refreshed<T> {
  let found: { value: T; atMs: number } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const run = async (): Promise<void> => {
    const startedAtMs = Date.now();
    try {
      found = { value: await look(), atMs: Date.now() };
    } catch {
      // Shown by its age.
    }
    if (closed) return;
    timer = setTimeout(run, Math.max(everyMs, (Date.now() - startedAtMs) / MOST_SHARE));
    timer.unref();
  };
  return {
    first: run(),
    last: () => found,
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
