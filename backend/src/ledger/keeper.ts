import type { Redis } from "ioredis";
import type { Db } from "mongodb";
import { reportFault } from "../lib/faults.js";
import type { RedisKeys } from "../stream/keys.js";
import { type AlarmDocument, type Alarms, alarmView, createAlarms } from "./alarms.js";
import { createArchive } from "./archive.js";
import { createLedger, type Ledger, type LedgerSummary } from "./ledger.js";
import { type CheckDocument, checkSentence, createVerifier, type Verifier } from "./verify.js";
import { createWitness } from "./witness.js";

export interface LedgerKeeperOptions {
  redis: Redis;
  keys: RedisKeys;
  partitions: number;
  db: Db;
  /** Unique to this process. */
  name: string;
  retentionDays: number;
  /** Redis's clock, ms. */
  now: () => number;
  /** Events that this process has accepted since its start, by its own count. */
  ownAccepted: () => Promise<number>;
  log: { error(fields: object, message: string): void; warn(fields: object, message: string): void };
}

/** Everything of the ledger that runs in an API process. */
export interface LedgerKeeper {
  ledger: Ledger;
  alarms: Alarms;
  verifier: Verifier;
  /** Looks whether Redis has what it had; called before the first request is served. */
  begin(): Promise<void>;
  close(): Promise<void>;
}

/**
 * The ledger, and those who keep it: the witness (samples outside of Redis), the archive (minutes to MongoDB) and the independent
 * count. Each works in one process of all.
 */
export function createLedgerKeeper(options: LedgerKeeperOptions): LedgerKeeper {
  const { redis, keys, partitions, db, name, retentionDays, now, ownAccepted, log } = options;
  const failed = (what: string) => (error: Error) => {
    if (!reportFault("ledger", error)) log.warn({ err: error.message }, what);
  };
  const alarms = createAlarms(db);
  const witness = createWitness({
    redis,
    keys,
    partitions,
    db,
    alarms,
    name,
    ownAccepted,
    now,
    onAlarm: (alarm) => logAlarm(log, alarm),
    onError: failed("sampling the totals"),
  });
  const archive = createArchive({
    redis,
    keys,
    partitions,
    db,
    retentionDays,
    alarms,
    name,
    expectedSamples: witness.expectedSamples,
    onError: failed("moving closed minutes"),
  });
  const verifier = createVerifier({
    db,
    name,
    onError: failed("counting documents against the ledger"),
    onEnd: (check) => logCheck(log, check),
  });
  const ledger = createLedger({ redis, keys, partitions, db });
  const announce = createAnnouncer(log);

  return {
    ledger: {
      read: ledger.read,
      async summary() {
        const summary = await ledger.summary();
        witness.reportOn(summary.alarms);
        announce(summary);
        return summary;
      },
    },
    alarms,
    verifier,
    begin: witness.look,
    async close() {
      await Promise.all([witness, archive, verifier].map((part) => part.close()));
    },
  };
}

function logAlarm(log: LedgerKeeperOptions["log"], alarm: AlarmDocument): void {
  const { id, sentence, action, bound, unaccounted } = alarmView(alarm);
  log.error({ alarm: id, bound, unaccounted, action }, sentence);
}

function logCheck(log: LedgerKeeperOptions["log"], check: CheckDocument): void {
  if (check.status === "differs") log.error({ check: check._id, differences: check.differences.slice(0, 10) }, checkSentence(check));
}

/** Says in the log when more is missing than before. */
function createAnnouncer(log: LedgerKeeperOptions["log"]): (summary: LedgerSummary) => void {
  let told = 0;
  return ({ missing, missingSinceMs }) => {
    if (missing > told) log.error({ missing, since: missingSinceMs && new Date(missingSinceMs).toISOString() }, "events are missing");
    told = missing;
  };
}
