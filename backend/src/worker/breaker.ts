export type CircuitState = "closed" | "open" | "half-open";

export interface Breaker {
  state(): CircuitState;
  /** Resolves when work may be tried: at once while closed, after the pause while open, one at a time while half open. */
  admit(): Promise<void>;
  /** Resolves when reading may go on: reading pauses while the circuit is open. */
  admitReading(): Promise<void>;
  success(): void;
  failure(): void;
  /** What was admitted ended without saying anything about MongoDB. */
  noVerdict(): void;
  /** Lets everything through that waits; for shutdown. */
  release(): void;
}

export interface BreakerOptions {
  failures: number;
  successes: number;
  openMs: number;
  onChange?: (state: CircuitState) => void;
}

/**
 * The circuit before MongoDB: so many failures in a row open it; after a pause one piece of work at a time tries; so many
 * successes close it. Our own rather than a library's: breakers of libraries reject calls while open, and what waits here
 * must not be dropped.
 */
export function createBreaker({ failures, successes, openMs, onChange }: BreakerOptions): Breaker {
  let state: CircuitState = "closed";
  let failed = 0;
  let succeeded = 0;
  let trying = false;
  let released = false;
  let waiting: (() => void)[] = [];
  let timer: NodeJS.Timeout | undefined;

  const become = (next: CircuitState): void => {
    if (state === next) return;
    state = next;
    onChange?.(next);
  };
  const wake = (): void => {
    const woken = waiting;
    waiting = [];
    for (const resolve of woken) resolve();
  };
  const open = (): void => {
    become("open");
    succeeded = 0;
    clearTimeout(timer);
    timer = setTimeout(() => {
      become("half-open");
      wake();
    }, openMs);
  };

  return {
    state: () => state,
    async admit() {
      while (!released && (state === "open" || (state === "half-open" && trying)))
        await new Promise<void>((resolve) => waiting.push(resolve));
      if (state === "half-open") trying = true;
    },
    async admitReading() {
      while (!released && state === "open") await new Promise<void>((resolve) => waiting.push(resolve));
    },
    success() {
      failed = 0;
      trying = false;
      if (state === "half-open" && ++succeeded >= successes) become("closed");
      wake();
    },
    failure() {
      trying = false;
      failed++;
      if (state === "half-open" || failed >= failures) open();
      wake();
    },
    noVerdict() {
      trying = false;
      wake();
    },
    release() {
      released = true;
      clearTimeout(timer);
      wake();
    },
  };
}
