import { randomBytes } from "node:crypto";
import { type Check, type CheckDifference, counted, grouped } from "@streamforge/shared";
import { type Collection, type Db, MongoServerError } from "mongodb";
import { StorageUnavailableError } from "../lib/errors.js";
import { every } from "../lib/every.js";
import { alarmsCollection, alarmView, windowOf } from "./alarms.js";
import { ledgerCollection } from "./archive.js";
import { type Compared, compare } from "./compare.js";
import { countEvents, countReplayedSince, countResolved, DAY_MS, sumRemoved, sumStored } from "./count.js";
import { MINUTE_MS } from "./rows.js";
import { readCopied } from "./samples.js";

/** One independent count, in the collection `ledger_checks`. */
export interface CheckDocument extends Compared {
  _id: string;
  status: Check["status"];
  startedAt: Date;
  startedBy: string;
  finishedAt: Date | null;
  from: Date | null;
  to: Date | null;
  differences: CheckDifference[];
  /** How many documents there are, roughly: what progress is told by. */
  about: number;
  error?: string;
}

/** Who counts, and when the next count is due, beside the counts. */
interface CountLease {
  _id: "lease";
  until: Date;
  by: string;
  /** The count that it was taken for. */
  check: string;
  dueAt: Date;
}

export interface Verifier {
  /** Begins a count, unless one is under way. @returns the count that is under way now */
  start(by: string): Promise<CheckDocument>;
  /** Counts now, and waits for it. @returns null when another process counts */
  run(by: string): Promise<CheckDocument | null>;
  list(limit: number): Promise<CheckDocument[]>;
  close(): Promise<void>;
}

export interface VerifierOptions {
  db: Db;
  /** Unique to this process. */
  name: string;
  onError: (error: Error) => void;
  /** Told each count that has ended. */
  onEnd?: (check: CheckDocument) => void;
  everyMs?: number;
}

/** A count that is not to go on; nothing went wrong. */
class CountStoppedError extends Error {
  override name = "CountStoppedError";
}

const EVERY_MS = 3_600_000;
const LOOK_EVERY_MS = 60_000;
/** A count that takes long is made less often, so that counting takes at most one part in so many of the time. */
const MOST_SHARE = 100;
const LEASE_MS = 60_000;
const MOST_DIFFERENCES = 100;
const KEPT_SECONDS = 90 * 86_400;
const DUPLICATE_KEY = 11000;
const EMPTY: Compared = { tenants: 0, days: 0, documents: 0, stored: 0, resolved: 0, removed: 0, differences: [] };

const checksOf = (db: Db): Collection<CheckDocument> => db.collection<CheckDocument>("ledger_checks");

/** The last count that has ended. */
export async function lastCheck(db: Db): Promise<CheckDocument | null> {
  return checksOf(db).findOne({ status: { $in: ["agrees", "differs"] } }, { sort: { startedAt: -1 } });
}

/**
 * Counts the documents and compares them with the ledger: Σ stored + Σ resolved = documents, per tenant and day, from MongoDB
 * alone. Once an hour by one process of all (a lease in MongoDB), and whenever somebody asks.
 */
export function createVerifier({ db, name, onError, onEnd, everyMs = EVERY_MS }: VerifierOptions): Verifier {
  const checks = checksOf(db);
  const leases = db.collection<CountLease>("ledger_checks");
  let indexed = false;
  let closed = false;

  /** @returns the id of the count that may begin; null when another process counts, or with `due` when it is not time yet */
  const take = async (due: boolean): Promise<string | null> => {
    if (!indexed) await checks.createIndex({ startedAt: -1 }, { expireAfterSeconds: KEPT_SECONDS });
    indexed = true;
    const now = new Date();
    const free = { _id: "lease" as const, until: { $lte: now }, ...(due ? { dueAt: { $lte: now } } : {}) };
    try {
      const check = `check-${now.getTime().toString(36)}-${randomBytes(2).toString("hex")}`;
      const set = { until: new Date(now.getTime() + LEASE_MS), by: name, check };
      // One that is held by another does not match, and cannot be inserted either.
      const update = { $set: set, ...(due ? {} : { $setOnInsert: { dueAt: now } }) };
      return (await leases.findOneAndUpdate(free, update, { upsert: !due, returnDocument: "after" })) ? check : null;
    } catch (error) {
      if (error instanceof MongoServerError && error.code === DUPLICATE_KEY) return null;
      throw error;
    }
  };
  const renew = async (): Promise<void> => {
    if (closed) throw new CountStoppedError("the process is shutting down");
    const { matchedCount } = await leases.updateOne({ _id: "lease", by: name }, { $set: { until: new Date(Date.now() + LEASE_MS) } });
    if (matchedCount === 0) throw new CountStoppedError("another process counts");
  };
  const goOn = (id: string) => async (documents?: number) => {
    await renew();
    if (documents !== undefined) await checks.updateOne({ _id: id }, { $set: { documents } });
  };

  const begin = async (id: string, by: string): Promise<CheckDocument> => {
    await checks.updateMany({ status: "running" }, { $set: { status: "failed", error: "its process ended", finishedAt: new Date() } });
    const startedAt = new Date();
    const check: CheckDocument = {
      _id: id,
      status: "running",
      startedAt,
      startedBy: by,
      finishedAt: null,
      from: null,
      to: null,
      ...EMPTY,
      differences: [],
      about: await db.collection("events").estimatedDocumentCount(),
    };
    await checks.insertOne(check);
    return check;
  };

  const finish = async (check: CheckDocument): Promise<CheckDocument> => {
    const ended = await count(db, check, goOn(check._id)).catch((error: Error): CheckDocument => {
      if (!(error instanceof CountStoppedError)) onError(error);
      return { ...check, status: "failed", error: error.message };
    });
    const finishedAt = new Date();
    const tookMs = finishedAt.getTime() - check.startedAt.getTime();
    const done = { ...ended, finishedAt };
    await checks.replaceOne({ _id: check._id }, done);
    const dueAt = new Date(finishedAt.getTime() + Math.max(everyMs, tookMs * MOST_SHARE));
    await leases.updateOne({ _id: "lease", by: name }, { $set: { until: finishedAt, dueAt } });
    onEnd?.(done);
    return done;
  };

  const run = async (by: string, due = false): Promise<CheckDocument | null> => {
    const id = await take(due);
    return id === null ? null : finish(await begin(id, by));
  };
  /** The count that another process has begun, or is about to. */
  const underWay = async (): Promise<CheckDocument> => {
    for (let again = 0; again < 20; again++) {
      const lease = await leases.findOne({ _id: "lease" });
      const check = lease && (await checks.findOne({ _id: lease.check }));
      if (check) return check;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new StorageUnavailableError("mongodb", "another process was to count, and has not begun");
  };
  const tick = async (): Promise<void> => {
    const now = new Date();
    // At the first start there is nothing to count yet.
    await leases.updateOne(
      { _id: "lease" },
      { $setOnInsert: { until: now, by: "", check: "", dueAt: new Date(now.getTime() + everyMs) } },
      { upsert: true },
    );
    await run("hourly", true);
  };
  const ticks = every(Math.min(LOOK_EVERY_MS, everyMs), tick, { onError });

  return {
    async start(by) {
      const id = await take(false);
      if (id === null) return underWay();
      const check = await begin(id, by);
      finish(check).catch(onError);
      return check;
    },
    run: (by) => run(by),
    list: (limit) =>
      checks
        .find({ startedAt: { $exists: true } })
        .sort({ startedAt: -1 })
        .limit(limit)
        .toArray(),
    close() {
      closed = true;
      return ticks.close();
    },
  };
}

/** The count itself. @param goOn told between its steps how many documents were counted; throws when it is to stop */
async function count(db: Db, check: CheckDocument, goOn: (documents?: number) => Promise<void>): Promise<CheckDocument> {
  const copied = await readCopied(db);
  const first = await ledgerCollection(db).findOne({}, { sort: { minute: 1 }, projection: { minute: 1 } });
  if (!copied || !first) return { ...check, status: "agrees" };
  const closedUntilMs = copied.closedUntil.getTime();
  // Of a day of which minutes have expired the ledger does not have all.
  const kept = copied.expiredUntil ? Math.ceil(copied.expiredUntil.getTime() / DAY_MS) : 0;
  const fromDay = Math.max(kept, Math.floor((first.minute * MINUTE_MS) / DAY_MS));
  const before = await sumRemoved(db, fromDay, closedUntilMs);
  const events = await countEvents(db, closedUntilMs, goOn);
  const stored = await sumStored(db, fromDay, closedUntilMs, goOn);
  const resolved = await countResolved(db, closedUntilMs);
  const replayed = await countReplayedSince(db, check.startedAt);
  const removed = { before, after: await sumRemoved(db, fromDay, closedUntilMs) };
  const compared = compare({ fromDay, closedUntilMs, events, resolved, stored, replayed, removed });
  const differences = await explain(db, compared.differences);
  return {
    ...check,
    ...compared,
    status: differences.some(({ explainedBy }) => explainedBy === null) ? "differs" : "agrees",
    from: new Date(fromDay * DAY_MS),
    to: copied.closedUntil,
    differences: differences.slice(0, MOST_DIFFERENCES),
  };
}

/** A loss of Redis that an operator has acknowledged explains as much as it announced: the bound, and the rows that were lost. */
async function explain(db: Db, differences: Compared["differences"]): Promise<CheckDifference[]> {
  if (differences.length === 0) return [];
  const alarms = await alarmsCollection(db)
    .find({ acknowledged: { $exists: true } })
    .toArray();
  const allowances = await Promise.all(
    alarms.map(async (alarm) => {
      const { from, to } = windowOf(alarm);
      const [sum] = await ledgerCollection(db)
        .aggregate<{ n: number }>([
          { $match: { minute: { $gte: from, $lte: to } } },
          { $group: { _id: null, n: { $sum: { $abs: "$missing" } } } },
        ])
        .toArray();
      const events = (alarm.loss ? alarmView(alarm).upTo : 0) + alarm.unaccounted + (sum?.n ?? 0);
      return { id: alarm._id, fromDay: dayText(from), toDay: dayText(to), events };
    }),
  );
  return differences.map((difference) => {
    const concerned = allowances.filter(
      ({ fromDay, toDay }) => difference.day === "all" || (difference.day >= fromDay && difference.day <= toDay),
    );
    const allowed = concerned.reduce((sum, { events }) => sum + events, 0);
    const explained = concerned.length > 0 && Math.abs(difference.difference) <= allowed;
    return { ...difference, explainedBy: explained ? concerned.map(({ id }) => id).join(", ") : null };
  });
}

function dayText(minute: number): string {
  return new Date(minute * MINUTE_MS).toISOString().slice(0, 10);
}

/** A count as it is shown. */
export function checkView(check: CheckDocument): Check {
  const {
    _id: id,
    status,
    startedAt,
    finishedAt,
    startedBy,
    from,
    to,
    tenants,
    days,
    documents,
    stored,
    resolved,
    removed = 0,
    differences,
  } = check;
  return {
    id,
    status,
    startedAt: startedAt.toISOString(),
    finishedAt: finishedAt?.toISOString() ?? null,
    startedBy,
    from: from?.toISOString() ?? null,
    to: to?.toISOString() ?? null,
    tenants,
    days,
    documents,
    stored,
    resolved,
    removed,
    tookMs: finishedAt ? finishedAt.getTime() - startedAt.getTime() : 0,
    differences: differences.map((one) => ({ ...one, removed: one.removed ?? 0 })),
    sentence: checkSentence(check),
  };
}

export function checkSentence(check: CheckDocument): string {
  const { status, to, documents, stored, resolved, removed = 0, tenants, days, differences, about, error } = check;
  if (status === "running") return `Counting: ${grouped(documents)} of about ${counted(Math.max(about, documents), "document")} so far.`;
  if (status === "failed") return `The count did not end: ${error ?? "unknown"}.`;
  if (to === null) return "There is nothing to compare yet: no minute is closed.";
  const gone = removed > 0 ? ` and ${grouped(removed)} removed by retention or erasure` : "";
  const head = `${counted(documents, "document")}${gone}, ${grouped(stored)} stored by the ledger and ${grouped(resolved)} resolved by replays, up to ${to.toISOString()}`;
  const open = differences.filter(({ explainedBy }) => explainedBy === null);
  if (open.length > 0) {
    const { tenantId, day, difference } = open[0] as CheckDifference;
    return `${head}: they differ, first ${tenantId} (${day}) by ${difference > 0 ? "+" : ""}${grouped(difference)}.`;
  }
  const explained = differences.length > 0 ? "; what differs is explained by acknowledged alarms" : "";
  return `${head}: they agree for ${counted(tenants, "tenant")} on ${counted(days, "day")}${explained}.`;
}
