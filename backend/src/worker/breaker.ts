export type CircuitState = "closed" | "open" | "half-open";

export interface Breaker {
  state(): CircuitState;
  /** Resolves when work may be tried: at once while closed, after the pause while open, one at a time while half open. */
  admit(): Promise<void>;
  /** Resolves when reading may continue: reading pauses while the circuit is open. */
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
  /** Whether MongoDB answers, asked while the circuit is open; it rejects when not. */
  probe: () => Promise<unknown>;
  probeMs?: number;
  onChange?: (state: CircuitState) => void;
}

/** An alarm may outlive the outage by 5 s: this, a trial, and a heartbeat. */
const PROBE_MS = 1_000;

/**
 * The circuit before MongoDB: several failures in a row open it; after a pause, or as soon as a probe says that MongoDB is back, one
 * piece of work at a time tries; several successes close it. Our own rather than a library's: breakers of libraries reject calls while
 * open, and what waits here must not be dropped.
 */
export function createBreaker({ failures, successes, openMs, probe, probeMs = PROBE_MS, onChange }: BreakerOptions): Breaker {
  let state: CircuitState = "closed";
  let failed = 0;
  let succeeded = 0;
  let trying = false;
  let released = false;
  let waiting: (() => void)[] = [];
  let timer: NodeJS.Timeout | undefined;
  let probing: NodeJS.Timeout | undefined;
  /** Not after a trial failed that a probe had called for: a MongoDB that answers and takes no writes is left alone for `openMs`. */
  let believesProbes = true;

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
  const tryAgain = (): void => {
    clearTimeout(timer);
    clearTimeout(probing);
    become("half-open");
    wake();
  };
  const look = async (opening: NodeJS.Timeout): Promise<void> => {
    const answers = await probe().then(
      () => true,
      () => false,
    );
    if (released || state !== "open" || timer !== opening) return;
    if (answers && believesProbes) {
      believesProbes = false;
      return tryAgain();
    }
    if (!answers) believesProbes = true;
    probing = setTimeout(() => void look(opening), probeMs).unref();
  };
  const open = (): void => {
    become("open");
    succeeded = 0;
    clearTimeout(timer);
    clearTimeout(probing);
    const opening = setTimeout(tryAgain, openMs);
    timer = opening;
    probing = setTimeout(() => void look(opening), probeMs).unref();
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
      if (state === "half-open" && ++succeeded >= successes) {
        believesProbes = true;
        become("closed");
      }
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
      clearTimeout(probing);
      wake();
    },
  };
}
