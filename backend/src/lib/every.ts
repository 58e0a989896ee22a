export interface Repeated {
  /** Ends it. Resolves when a run that is under way has ended. */
  close(): Promise<void>;
}

export interface EveryOptions {
  /** Called with what a run threw; the next one comes all the same. For outages that show elsewhere: `unlessOutage` of `faults.ts`. */
  onError: (error: Error) => void;
  /** Runs at once as well, and not only after the first interval. */
  now?: boolean;
}

/** Runs a task again and again, `everyMs` from start to start; a run that takes longer is not overlapped by the next. Keeps no process alive. */
export function every(everyMs: number, task: () => unknown, { onError, now = false }: EveryOptions): Repeated {
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;

  const run = async (): Promise<void> => {
    const startedAtMs = performance.now();
    try {
      await task();
    } catch (error) {
      if (!closed) onError(error as Error);
    }
    if (!closed) plan(Math.max(0, everyMs - (performance.now() - startedAtMs)));
  };
  const plan = (ms: number): void => {
    timer = setTimeout(() => {
      running = run();
    }, ms);
    timer.unref();
  };
  if (now) running = run();
  else plan(everyMs);
  return {
    async close() {
      closed = true;
      clearTimeout(timer);
      await running;
    },
  };
}
