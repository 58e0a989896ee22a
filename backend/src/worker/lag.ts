import type { Batch } from "./batch.js";

/** What was seen more than this long ago says nothing of now. */
const REMEMBERED_MS = 2_000;

/** How long what is being stored has waited in the stream, in ms, as the bulks that are settled tell: no question to Redis. */
export function createLag(): { note(batch: Batch): void; lagMs(): number } {
  let seenMs = 0;
  let seenAt = 0;
  return {
    note({ entries }) {
      const now = Date.now();
      const oldest = entries.reduce((least, { acceptedAtMs }) => Math.min(least, acceptedAtMs), now);
      seenMs = now - oldest;
      seenAt = now;
    },
    lagMs: () => (Date.now() - seenAt < REMEMBERED_MS ? seenMs : 0),
  };
}
