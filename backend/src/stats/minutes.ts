import { type Collection, type Db, MongoServerError } from "mongodb";
import { unlessOutage } from "../lib/faults.js";
import { guarded } from "../store/events.js";
import type { Sample } from "./rates.js";

/** Cumulative totals at the beginning of a minute, in the collection `history_minutes`. */
interface MinuteDocument extends Omit<Sample, "atMs"> {
  /** Minutes since 1970: of several processes that write one, the first one counts. */
  _id: number;
  at: Date;
}

export interface Minutes {
  /** Keeps a sample when it is the first of its minute. Never rejects: what MongoDB does not take now it gets a minute later. */
  record(sample: Sample): Promise<void>;
  /** Samples from then on, oldest first. Rejects with the store's StorageUnavailableError. */
  since(fromMs: number): Promise<Sample[]>;
}

const MINUTE_MS = 60_000;
/** A week to look back on, and a day so that its first minute has one before it. */
const KEPT_SECONDS = 8 * 86_400;
/** A day without MongoDB. */
const MOST_WAITING = 1_440;
const DUPLICATE_KEY = 11000;

/**
 * The totals of each minute for a week, for charts beyond the last hour. In MongoDB, so that a Redis that comes back empty does
 * not take the picture of what happened before with it. Costs one small write a minute and process.
 */
export function createMinutes(db: Db): Minutes {
  const collection: Collection<MinuteDocument> = db.collection("history_minutes");
  let last = 0;
  let waiting: MinuteDocument[] = [];
  let indexed = false;
  let writing = false;

  async function write(): Promise<void> {
    if (!indexed) await collection.createIndex({ at: 1 }, { name: "expiry", expireAfterSeconds: KEPT_SECONDS });
    indexed = true;
    for (let next = waiting[0]; next; next = waiting[0]) {
      const document = next;
      await collection.insertOne(document).catch((error: unknown) => {
        if (!(error instanceof MongoServerError && error.code === DUPLICATE_KEY)) throw error;
      });
      waiting = waiting.filter((other) => other !== document);
    }
  }

  return {
    async record({ atMs, ...totals }) {
      const minute = Math.floor(atMs / MINUTE_MS);
      if (minute <= last) return;
      last = minute;
      waiting = [...waiting, { _id: minute, at: new Date(atMs), ...totals }].slice(-MOST_WAITING);
      if (writing) return;
      writing = true;
      await write().catch(unlessOutage("statistics"));
      writing = false;
    },

    async since(fromMs) {
      const filter = { _id: { $gte: Math.floor(fromMs / MINUTE_MS) } };
      const found = await guarded(() => collection.find(filter).sort({ _id: 1 }).batchSize(20_000).toArray());
      return found.map(({ _id, at, ...totals }) => ({ atMs: at.getTime(), ...totals }));
    },
  };
}
