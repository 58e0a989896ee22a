import { type Collection, type Db, type Document, type IndexDescription, MongoServerError } from "mongodb";
import type { DeadLetterDocument } from "./documents.js";

/**
 * Indexes of dead letters. A letter is rare and looked at by people, an event is neither: so there are more of them than an
 * event may have (together 60 to 70 µs of mongod time a letter, 0.6 GB a million; docs/measurements.md).
 *
 * Each list has tenant, one condition and status, then the order of the pages; what follows `_id` is checked in the index
 * without reading the letter. `planFor` says which one is used.
 */
const LETTER_INDEXES: IndexDescription[] = [
  { key: { tenantId: 1, status: 1, lastFailedAt: -1, _id: -1 }, name: "tenant_status" },
  // Also what causes are counted in.
  { key: { tenantId: 1, fingerprint: 1, status: 1, lastFailedAt: -1, _id: -1 }, name: "tenant_cause" },
  { key: { tenantId: 1, reasonCode: 1, status: 1, lastFailedAt: -1, _id: -1 }, name: "tenant_reason" },
  { key: { tenantId: 1, eventType: 1, status: 1, lastFailedAt: -1, _id: -1, source: 1, reasonCode: 1 }, name: "tenant_type" },
  { key: { tenantId: 1, source: 1, status: 1, lastFailedAt: -1, _id: -1, reasonCode: 1 }, name: "tenant_source" },
  // All tenants; whether any is open; and the trend of the last day.
  { key: { status: 1, lastFailedAt: -1, _id: -1, tenantId: 1, fingerprint: 1 }, name: "status_time" },
  // Those of one event, by id and by eventId (without it a look-up took 139 ms at 200,000 letters).
  { key: { eventDocId: 1 }, name: "event" },
  { key: { tenantId: 1, eventId: 1 }, name: "tenant_event" },
  // Those of one user, and those of which the user is not known, for an erasure.
  { key: { tenantId: 1, userId: 1, _id: 1 }, name: "tenant_user" },
  // What a replay has in hand and what it did.
  { key: { "replay.id": 1, "replay.outcome": 1 }, name: "replay", sparse: true },
];

/** Names of indexes that earlier versions made and nobody asks any more. */
const RETIRED = ["tenant_time", "status_fingerprint", "time"];
const INDEX_NOT_FOUND = 27;
const INDEX_OPTIONS_CONFLICT = 85;

/** Makes them, then removes those that they replace. */
export async function ensureLetterIndexes({ deadLetters }: { deadLetters: Collection<DeadLetterDocument> }): Promise<void> {
  await deadLetters.createIndexes(LETTER_INDEXES);
  for (const name of RETIRED) {
    await deadLetters.dropIndex(name).catch((error) => {
      if (!(error instanceof MongoServerError && error.code === INDEX_NOT_FOUND)) throw error;
    });
  }
}

/**
 * Lets MongoDB remove documents so many days after the date in `field`. When the index has another age (the setting was
 * changed), it is given this one: what is due then goes within a minute or so, however much that is.
 */
export async function expireAfterDays<T extends Document>(db: Db, collection: Collection<T>, field: string, days: number): Promise<void> {
  const expireAfterSeconds = days * 86_400;
  const name = "expiry";
  try {
    await collection.createIndex({ [field]: 1 }, { name, expireAfterSeconds });
  } catch (error) {
    if (!(error instanceof MongoServerError && error.code === INDEX_OPTIONS_CONFLICT)) throw error;
    await db.command({ collMod: collection.collectionName, index: { name, expireAfterSeconds } });
  }
}
