/** How much may run at once, and how much may wait for it. */
export interface TurnLimits {
  atOnce: number;
  /** Of one key, so that one leaves room for others. */
  atOncePerKey: number;
  waitingPerKey: number;
  /** Longest wait, in ms. */
  waitMs: number;
  /** A key that has more waiting rests as long as its turn took, up to this, in ms. Others need not wait for that. */
  mostRestMs?: number;
}

/** No turn: too many of the same key wait already, or it was waited too long. */
export class NoTurnError extends Error {
  override name = "NoTurnError";
}

export interface Turns {
  /**
   * Waits for a turn. Keys take turns in order, whatever each has waiting.
   * @param key whose turn it is: a tenant, a person
   * @param signal ends the waiting
   * @returns gives the turn back; a second call does nothing
   * @throws NoTurnError; the signal's reason
   */
  take(key: string, signal?: AbortSignal): Promise<() => void>;
  running(): number;
  waiting(): number;
}

interface Waiting {
  begin(): void;
}

/** Gives turns to work that is slow or large: bounded in all and by key, fair between keys. */
export function createTurns({ atOnce, atOncePerKey, waitingPerKey, waitMs, mostRestMs = 0 }: TurnLimits): Turns {
  const running = new Map<string, number>();
  /** In the order in which keys have their turn. */
  const queues = new Map<string, Set<Waiting>>();
  let busy = 0;

  const begin = (key: string): (() => void) => {
    busy++;
    running.set(key, (running.get(key) ?? 0) + 1);
    let given = true;
    const begunAt = performance.now();
    const rested = (): void => {
      const left = (running.get(key) as number) - 1;
      if (left > 0) running.set(key, left);
      else running.delete(key);
      next();
    };
    return () => {
      if (!given) return;
      given = false;
      busy--;
      const restMs = queues.has(key) ? Math.min(mostRestMs, performance.now() - begunAt) : 0;
      if (restMs === 0) return rested();
      setTimeout(rested, restMs).unref();
      next();
    };
  };
  const leave = (key: string, waiting: Waiting): void => {
    const queue = queues.get(key);
    if (queue?.delete(waiting) && queue.size === 0) queues.delete(key);
  };
  const mayRun = (key: string): boolean => busy < atOnce && (running.get(key) ?? 0) < atOncePerKey;
  const next = (): void => {
    for (const [key, queue] of [...queues]) {
      if (busy >= atOnce) return;
      if (!mayRun(key)) continue;
      const [first] = queue as Set<Waiting>;
      leave(key, first as Waiting);
      // Behind all others, if it has more.
      if (queues.delete(key)) queues.set(key, queue);
      first?.begin();
    }
  };

  return {
    async take(key, signal) {
      signal?.throwIfAborted();
      if (mayRun(key)) return begin(key);
      const queue = queues.get(key) ?? new Set();
      if (queue.size >= waitingPerKey) throw new NoTurnError(`${queue.size} wait already`);
      return new Promise((resolve, reject) => {
        const settle = (): void => {
          clearTimeout(timer);
          signal?.removeEventListener("abort", abort);
          leave(key, waiting);
        };
        const waiting: Waiting = {
          begin() {
            settle();
            resolve(begin(key));
          },
        };
        const abort = (): void => {
          settle();
          reject(signal?.reason);
        };
        const timer = setTimeout(() => {
          settle();
          reject(new NoTurnError(`waited ${waitMs} ms`));
        }, waitMs);
        signal?.addEventListener("abort", abort, { once: true });
        queues.set(key, queue.add(waiting));
      });
    },
    running: () => busy,
    waiting: () => [...queues.values()].reduce((sum, { size }) => sum + size, 0),
  };
}
