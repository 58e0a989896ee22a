import { Buffer } from "node:buffer";
import { createQueueSearch, type QueueSearch, type QueueSearchOptions } from "./queue-search.js";
import { type DedupeRecord, readDedupeRecord } from "./record.js";

/** What Redis remembers of an accepted identity. */
export interface Remembered extends DedupeRecord {
  /** It failed at least once and is not settled yet. */
  retrying: boolean;
}

export interface Lookup {
  /**
   * @param partition the identity's
   * @param identity 16 bytes, as a string of one character a byte
   * @returns null when nothing was accepted under this identity within the dedupe window, or it died (its identity was given back)
   */
  find(partition: number, identity: string): Promise<Remembered | null>;
  /** For a name that tells no identity: looks through what is on its way, within a bound. */
  search: QueueSearch;
}

/** Looks up what was accepted: every accepted event has its record at least until it is settled. */
export function createLookup(options: QueueSearchOptions): Lookup {
  const { redis, keys } = options;
  return {
    search: createQueueSearch(options),
    async find(partition, identity) {
      const { dedupe0, dedupe1, retryAccepted } = keys.partition(partition);
      const field = Buffer.from(identity, "latin1");
      const found = await Promise.all([redis.hgetBuffer(dedupe0, field), redis.hgetBuffer(dedupe1, field)]);
      const bytes = found[0] ?? found[1];
      if (!bytes) return null;
      const record = readDedupeRecord(bytes);
      return { ...record, retrying: (await redis.zscore(retryAccepted, record.receipt)) !== null };
    },
  };
}
