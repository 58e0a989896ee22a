/** One timer for everything on the page that shows an age, so that a list of 500 rows does not keep 500. */

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** Calls back once a second while anybody listens. @returns a function that ends it */
export function onTick(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    for (const each of listeners) each();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

let offsetMs = 0;

/** The server's clock minus the browser's, in ms, as the live stream tells it: ages are the server's. */
export function setClockOffset(ms: number): void {
  offsetMs = ms;
}

/** The server's clock, in ms. */
export const serverNow = () => Date.now() + offsetMs;
