import { setTimeout as sleep } from "node:timers/promises";

/** A page ends here, whatever its limit, unless its first item alone is larger. */
export const MOST_PAGE_BYTES = 4 * 1024 * 1024;

/** Read first, also where items are as large as they may be; two slices are a page of 50; then four times as many each. */
const FIRST_SLICE = 4;
const SECOND_SLICE = 48;
const GROWTH = 4;
/** A slice of large items ends here: MongoDB sends it in one message, which is received in one turn of the event loop. */
const MOST_SLICE_BYTES = 1024 * 1024;
/** Made ready in one go, before others have their turn. */
const TURN_BYTES = 128 * 1024;
/** Waiting for the store counts as work up to this. */
const MOST_WORK_MS = 10;
/** Rest after work, by its length. */
const REST = 7;

export interface Page<T> {
  items: T[];
  /** Whether anything is behind it. */
  more: boolean;
}

/**
 * One page that ends at `limit` or at `MOST_PAGE_BYTES`. It is read in slices that grow while they stay small: all at once, 500
 * events of 255 KB took 700 MB of memory, and everybody else waited for 2 s.
 * @param read the next items behind `after`, in order, at most the number asked for
 * @param bytesOf what an item takes in the answer
 */
export async function readPage<T>(
  limit: number,
  read: (most: number, after: T | undefined) => AsyncIterable<T> | Promise<readonly T[]>,
  bytesOf: (item: T) => number,
): Promise<Page<T>> {
  const items: T[] = [];
  let bytes = 0;
  let turnAt = TURN_BYTES;
  let workSinceMs = performance.now();
  for (let slice = FIRST_SLICE; ; slice = nextSlice(slice, MOST_PAGE_BYTES - bytes, bytes / items.length)) {
    const most = Math.min(slice, limit + 1 - items.length);
    let found = 0;
    for await (const item of await read(most, items.at(-1))) {
      found++;
      const size = bytesOf(item);
      if (items.length === limit || (items.length > 0 && bytes + size > MOST_PAGE_BYTES)) return { items, more: true };
      items.push(item);
      bytes += size;
      if (bytes > turnAt) {
        turnAt = bytes + TURN_BYTES;
        await rest(performance.now() - workSinceMs);
        workSinceMs = performance.now();
      }
    }
    if (found < most) return { items, more: false };
  }
}

let restUntilMs = 0;

/**
 * Large pages of this process together work a part of the time only, and never two in a row: sending needs several turns of the
 * event loop, and each of four readers put 5 ms into every one of them (accept p99 330 ms, and 37 without them).
 */
async function rest(workedMs: number): Promise<void> {
  const now = performance.now();
  restUntilMs = Math.max(restUntilMs, now) + REST * Math.min(workedMs, MOST_WORK_MS);
  await sleep(restUntilMs - now);
}

function nextSlice(slice: number, leftBytes: number, averageBytes: number): number {
  const most = Math.min(leftBytes, MOST_SLICE_BYTES) / Math.max(1, averageBytes);
  return Math.min(Math.max(SECOND_SLICE, slice * GROWTH), Math.ceil(most) + 1);
}
