import type { Collection, Db } from "mongodb";
import { expireAfterDays } from "./letter-indexes.js";

/** Why they go; also the column that counts them. */
export type RemovalReason = "expired" | "erased";

/**
 * What went of the events of one minute of acceptance, in the collection `ledger_removals`, beside the minute of the ledger and never in it:
 * `accepted`, `stored`, `duplicate` and `dead` say what was, this says what of it is gone.
 */
export interface RemovalDocument {
  /** `<minute>:<tenantId>`, as in `ledger`. */
  _id: string;
  minute: number;
  tenantId: string;
  /** Stored events that went. */
  expired?: number;
  erased?: number;
  /** Dead letters that went and whose event a replay had stored: the independent count adds them to those that are there. */
  resolvedLetters?: number;
  /** Its minute; it is forgotten when the ledger forgets that. */
  expires: Date;
}

/** What one job has removed, of one tenant and type, in the collection `job_counts`: exact also for a job that was killed. */
export interface JobCountDocument {
  /** `<job>:<what>:<tenantId>:<type>` */
  _id: string;
  job: string;
  tenantId: string;
  what: RemovedWhat;
  type: string;
  count: number;
  at: Date;
}

export type RemovedWhat = "events" | "deadLetters";

export const removalsCollection = (db: Db): Collection<RemovalDocument> => db.collection<RemovalDocument>("ledger_removals");
export const jobCountsCollection = (db: Db): Collection<JobCountDocument> => db.collection<JobCountDocument>("job_counts");

const JOB_COUNTS_DAYS = 90;

/** Makes collections and indexes: a transaction makes none in a sharded cluster. */
export async function ensureRemovalIndexes(db: Db, ledgerDays: number): Promise<void> {
  const removals = removalsCollection(db);
  await Promise.all([
    removals.createIndexes([{ key: { tenantId: 1, minute: 1 } }, { key: { minute: 1 } }]),
    expireAfterDays(db, removals, "expires", ledgerDays),
    jobCountsCollection(db).createIndex({ job: 1 }),
    expireAfterDays(db, jobCountsCollection(db), "at", JOB_COUNTS_DAYS),
  ]);
}
