import { randomBytes } from "node:crypto";
import type { Redis } from "ioredis";
import { type AnyBulkWriteOperation, type Collection, type Db, MongoServerError } from "mongodb";
import { every } from "../lib/every.js";
import { createLease } from "../lib/lease.js";
import { guarded } from "../store/events.js";
import type { RedisKeys } from "../stream/keys.js";
import { luaScript } from "../stream/lua.js";
import { COUNTS, type Counts, createRowReader, MINUTE_MS, type PartRow, partName, type RedisLedger } from "./rows.js";
import { type CopiedDocument, totalsCollection } from "./samples.js";

/** A minute of a tenant, in the collection `ledger`: a copy while it is in Redis, all there is once it was moved. */
export interface LedgerDocument extends Counts {
  /** `<minute>:<tenantId>` */
  _id: string;
  /** Minutes since 1970. */
  minute: number;
  tenantId: string;
  /** accepted − stored − duplicate − dead: in flight while the minute is open; then lost, or counted that never came. */
  missing: number;
  /** `missing` without what an operator has acknowledged. */
  unacknowledged: number;
  acknowledged?: { missing: number; alarm: string };
  /** Its minute, which LEDGER_RETENTION_DAYS counts from; absent while it does not add up and nobody has acknowledged that. */
  expires?: Date;
  /** What each row in Redis brought; the fields above are their sums. */
  parts: Record<string, Counts>;
}

export const ledgerCollection = (db: Db): Collection<LedgerDocument> => db.collection<LedgerDocument>("ledger");

export interface ArchiveOptions {
  redis: Redis;
  keys: RedisKeys;
  partitions: number;
  db: Db;
  /** Days after which a minute that adds up is forgotten. */
  retentionDays?: number;
  /** Closed minutes stay in Redis for so long. */
  keepMinutes?: number;
  everyMs?: number;
  /** Announces closed minutes that do not add up. */
  alarms?: { raiseMissing(closedUntilMs: number, by: string): Promise<void> };
  /** How often each partition's data were looked at, at least: rows of data that came back older wait until that is announced. */
  expectedSamples?: () => Promise<number[]>;
  /** For the alarms. */
  name?: string;
  onError: (error: Error) => void;
  /** For the test of a process that dies in between. */
  at?: (point: "marked" | "copied") => void | Promise<void>;
}

export interface Archive {
  /** Copies what has changed and moves what is due. @returns how many rows were moved */
  run(): Promise<number>;
  close(): Promise<void>;
}

/** Whatever is in Redis alone is lost with it: a few minutes for the page that is looked at, no more. */
const KEEP_MINUTES = 3;
const EVERY_MS = 10_000;
const ROWS_AT_ONCE = 500;
const DAY_SECONDS = 86_400;
const INDEX_OPTIONS_CONFLICT = 85;

/**
 * Bounds the ledger in Redis, and keeps a copy of what is there. Each row is copied to MongoDB within seconds, again when it has
 * changed, and removed from Redis when its minute is closed. In three steps, each of which can be repeated, also by another
 * process: mark the rows in Redis, copy them under their mark, remove those that are still what was copied. A reader that looks
 * into Redis first and then into MongoDB counts every event once at any time (see `ledger.ts`).
 *
 * Why open minutes are copied, too: of a Redis that is wiped nothing else remains that says per minute and tenant what was under
 * way. Without the copy those minutes would vanish, and what is left would add up.
 */
export function createArchive(options: ArchiveOptions): Archive {
  const { redis, keys, partitions, db, onError, at, alarms, name = "archive" } = options;
  const { keepMinutes = KEEP_MINUTES, everyMs = EVERY_MS, retentionDays = 400 } = options;
  redis.defineCommand("sfLedgerMark", { numberOfKeys: 2, lua: luaScript("ledger-mark") });
  redis.defineCommand("sfLedgerRemove", { numberOfKeys: 2, lua: luaScript("ledger-remove") });
  const scripts = redis as unknown as {
    sfLedgerMark(...args: string[]): Promise<(string | number)[]>;
    sfLedgerRemove(...args: (string | number)[]): Promise<number>;
  };
  const readRows = createRowReader(redis, keys, partitions);
  const collection = ledgerCollection(db);
  /** What this process copied of rows that were in Redis at the last run. */
  let copied = new Map<string, string>();
  let indexed = false;

  const copy = async (partition: number, rows: PartRow[]): Promise<(string | number)[]> => {
    const { ledger, ledgerMarks } = keys.partition(partition);
    const marked = await scripts.sfLedgerMark(ledger, ledgerMarks, randomBytes(6).toString("hex"), ...rows.map(nameOf));
    await at?.("marked");
    const copies = rows.map((row, i) => {
      const [mark, accepted, stored, duplicate, dead] = marked.slice(i * 5, i * 5 + 5) as [string, number, number, number, number];
      return { row, mark, counts: { accepted, stored, duplicate, dead } };
    });
    const writes = copies.map(({ row, mark, counts }) => copyOf(row.minute, row.tenantId, partName(partition, mark), counts));
    await guarded(() => collection.bulkWrite(writes, { ordered: false }));
    await at?.("copied");
    for (const { row, counts } of copies) copied.set(keyOf(row), textOf(counts));
    return copies.flatMap(({ row, mark, counts }) => [nameOf(row), mark, ...Object.values(counts)]);
  };

  const move = async (partition: number, rows: PartRow[]): Promise<number> => {
    const { ledger, ledgerMarks } = keys.partition(partition);
    return scripts.sfLedgerRemove(ledger, ledgerMarks, ...(await copy(partition, rows)));
  };

  const run = async (): Promise<number> => {
    if (!indexed) await makeIndexes(db, retentionDays);
    indexed = true;
    const expected = (await options.expectedSamples?.()) ?? [];
    const epoch = await redis.get(keys.epoch);
    const found = await readRows();
    if (found.partitions.some(({ samples }, p) => samples < (expected[p] ?? 0))) return 0;

    const until = Math.min(found.closedUntilMs, found.nowMs - keepMinutes * MINUTE_MS);
    const isDue = ({ minute }: PartRow): boolean => (minute + 1) * MINUTE_MS <= until;
    const changed = found.rows.filter((row) => !isDue(row) && copied.get(keyOf(row)) !== textOf(row));
    await inPortions(changed, async (partition, rows) => void (await copy(partition, rows)));
    let moved = 0;
    await inPortions(found.rows.filter(isDue), async (partition, rows) => {
      moved += await move(partition, rows);
    });
    copied = new Map(found.rows.filter((row) => !isDue(row)).map((row) => [keyOf(row), copied.get(keyOf(row)) ?? ""]));
    await noteCopied(db, found, epoch, retentionDays);
    // The copies are younger than what says which minutes are closed: of those they are final.
    await alarms?.raiseMissing(found.closedUntilMs, name);
    return moved;
  };

  // One process is enough. When its lease ends in the middle of a run, two of them do no harm.
  const lease = createLease(redis, keys.ledgerLease, name, everyMs * 2);
  const tick = async (): Promise<void> => {
    if (await lease.hold()) await run();
  };
  const ticks = every(everyMs, tick, { onError });
  return {
    run,
    async close() {
      await ticks.close();
      await lease.giveBack();
    },
  };
}

const nameOf = ({ minute, tenantId }: PartRow): string => `${minute}:${tenantId}`;
const keyOf = (row: PartRow): string => `${row.partition}:${row.part ?? ""}:${nameOf(row)}`;
const textOf = (counts: Counts): string => COUNTS.map((column) => counts[column]).join(",");

async function inPortions(rows: PartRow[], work: (partition: number, rows: PartRow[]) => Promise<void>): Promise<void> {
  for (const partition of new Set(rows.map((row) => row.partition))) {
    const own = rows.filter((row) => row.partition === partition);
    for (let i = 0; i < own.length; i += ROWS_AT_ONCE) await work(partition, own.slice(i, i + ROWS_AT_ONCE));
  }
}

/** From here on, what the totals say beyond this has no row in MongoDB; and what is before `closedUntil` is complete there. */
async function noteCopied(
  db: Db,
  { partitions, closedUntilMs, nowMs }: RedisLedger,
  epoch: string | null,
  retentionDays: number,
): Promise<void> {
  const note: Omit<CopiedDocument, "_id" | "expiredUntil"> = {
    epoch,
    accepted: partitions.map(({ accepted }) => accepted),
    closedUntil: new Date(Math.floor(closedUntilMs / MINUTE_MS) * MINUTE_MS),
    at: new Date(),
  };
  // The most there ever was: a longer retention does not bring minutes back.
  const expiredUntil = new Date(nowMs - retentionDays * DAY_SECONDS * 1000);
  await totalsCollection(db).updateOne({ _id: "copied" }, { $set: note, $max: { expiredUntil } }, { upsert: true });
}

/** Sets one part of a minute's document and makes the sums anew: repeating it changes nothing, and an older copy takes nothing back. */
function copyOf(minute: number, tenantId: string, part: string, counts: Counts): AnyBulkWriteOperation<LedgerDocument> {
  const later = Object.fromEntries(COUNTS.map((column) => [column, { $max: [`$parts.${part}.${column}`, counts[column]] }]));
  const total = (column: keyof Counts) => ({ $sum: { $map: { input: { $objectToArray: "$parts" }, in: `$$this.v.${column}` } } });
  return {
    updateOne: {
      filter: { _id: `${minute}:${tenantId}` },
      update: [
        { $set: { minute, tenantId, [`parts.${part}`]: later } },
        { $set: { accepted: total("accepted"), stored: total("stored"), duplicate: total("duplicate"), dead: total("dead") } },
        { $set: { missing: { $subtract: ["$accepted", { $add: ["$stored", "$duplicate", "$dead"] }] } } },
        { $set: { unacknowledged: { $subtract: ["$missing", { $ifNull: ["$acknowledged.missing", 0] }] } } },
        // A minute that does not add up must not vanish before somebody has acknowledged it.
        { $set: { expires: { $cond: [{ $eq: ["$unacknowledged", 0] }, new Date(minute * MINUTE_MS), "$$REMOVE"] } } },
      ],
      upsert: true,
    },
  };
}

async function makeIndexes(db: Db, retentionDays: number): Promise<void> {
  const collection = ledgerCollection(db);
  await collection.createIndexes([
    { key: { tenantId: 1, minute: 1 } },
    // Backwards it is the order of the ledger's page, so that a list of the newest does not sort a month.
    { key: { minute: 1, tenantId: -1 } },
    { key: { missing: 1 } },
    { key: { unacknowledged: 1 } },
  ]);
  const expireAfterSeconds = retentionDays * DAY_SECONDS;
  try {
    await collection.createIndex({ expires: 1 }, { expireAfterSeconds });
  } catch (error) {
    // The setting has changed since the index was made.
    if (!(error instanceof MongoServerError) || error.code !== INDEX_OPTIONS_CONFLICT) throw error;
    await db.command({ collMod: "ledger", index: { keyPattern: { expires: 1 }, expireAfterSeconds } });
  }
}
