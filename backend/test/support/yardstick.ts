import { setTimeout as sleep } from "node:timers/promises";

/**
 * How slow this machine is now, beside whatever else runs on it: deadlines of tests are multiples of that, not seconds.
 * The yardstick is work of the processor and waiting for timers in turns, as a test and the processes it starts have both.
 */
const LOOKS = 5;
/** What it takes on two calm cores of 2025. */
const CALM_MS = 95;
/** Never less than this, since the load may come after the measurement. */
const LEAST = 1.5;
/** A test that hangs should still end today. */
const MOST = 20;

async function measure(): Promise<number> {
  // The first time compiles it.
  work();
  const begun = performance.now();
  for (let look = 0; look < LOOKS; look++) {
    work();
    await sleep(10);
  }
  return Math.min(Math.max((performance.now() - begun) / CALM_MS, LEAST), MOST);
}

function work(): number {
  let sum = 0;
  for (let i = 0; i < 5_000_000; i++) sum = (sum * 31 + i) | 0;
  return sum;
}

/** 1.5 on a calm machine, 8 on one that is eight times as slow. Measured once in each process, that is for each file of tests. */
export const SLOWNESS = await measure();

/** What takes at most `ms` on a calm machine takes at most this here: for durations that a promise is about. */
export const atThisPace = (ms: number): number => Math.round(ms * SLOWNESS);

/** How long to wait for what takes well below `ms` on a calm machine. Only a test that fails waits for so long. */
export const patience = (ms: number): number => Math.round(ms * 2 * SLOWNESS);
