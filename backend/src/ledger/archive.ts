import { randomBytes } from "node:crypto";
import type { Redis } from "ioredis";
import type { AnyBulkWriteOperation, Collection, Db } from "mongodb";
import { guarded } from "../store/events.js";
import type { RedisKeys } from "../stream/keys.js";
import { luaScript } from "../stream/redis.js";
import { type Counts, createRowReader, MINUTE_MS, type PartRow, partName } from "./rows.js";

/** A closed minute of a tenant, in the collection `ledger`. */
export interface LedgerDocument extends Counts {
  /** `<minute>:<tenantId>` */
  _id: string;
  /** Minutes since 1970. */
  minute: number;
  tenantId: string;
  /** accepted − stored − duplicate − dead. Not 0: events were lost, or counted that never came. */
  missing: number;
  /** What each move from Redis brought; the fields above are their sums. */
  parts: Record<string, Counts>;
}

export const ledgerCollection = (db: Db): Collection<LedgerDocument> => db.collection<LedgerDocument>("ledger");

export interface ArchiveOptions {
  redis: Redis;
  keys: RedisKeys;
  partitions: number;
  db: Db;
  /** Closed minutes stay in Redis for so long. */
  keepMinutes?: number;
  everyMs?: number;
  onError: (error: Error) => void;
  /** For the test of a process that dies in between. */
  at?: (point: "marked" | "copied") => void | Promise<void>;
}

export interface Archive {
  /** Moves what is due now. @returns how many rows were moved */
  run(): Promise<number>;
  close(): void;
}

const KEEP_MINUTES = 60;
const EVERY_MS = 60_000;
const ROWS_AT_ONCE = 500;

/**
 * Bounds the ledger in Redis: closed minutes move to MongoDB. In three steps, each of which can be repeated, also by another
 * process: mark the rows in Redis, copy them under their mark, remove those that are still what was copied. A reader that looks
 * into Redis first and then into MongoDB counts every event once at any time (see `ledger.ts`).
 */
export function createArchive(options: ArchiveOptions): Archive {
  const { redis, keys, partitions, db, onError, at } = options;
  const { keepMinutes = KEEP_MINUTES, everyMs = EVERY_MS } = options;
  redis.defineCommand("sfLedgerMark", { numberOfKeys: 2, lua: luaScript("ledger-mark") });
  redis.defineCommand("sfLedgerRemove", { numberOfKeys: 2, lua: luaScript("ledger-remove") });
  const scripts = redis as unknown as {
    sfLedgerMark(...args: string[]): Promise<(string | number)[]>;
    sfLedgerRemove(...args: (string | number)[]): Promise<number>;
  };
  const readRows = createRowReader(redis, keys, partitions);
  const collection = ledgerCollection(db);
  let indexed = false;

  const move = async (partition: number, rows: PartRow[]): Promise<number> => {
    const { ledger, ledgerMarks } = keys.partition(partition);
    const names = rows.map(({ minute, tenantId }) => `${minute}:${tenantId}`);
    const marked = await scripts.sfLedgerMark(ledger, ledgerMarks, randomBytes(6).toString("hex"), ...names);
    await at?.("marked");
    const copies = rows.map(({ minute, tenantId }, i) => {
      const [mark, accepted, stored, duplicate, dead] = marked.slice(i * 5, i * 5 + 5) as [string, number, number, number, number];
      return { minute, tenantId, mark, counts: { accepted, stored, duplicate, dead } };
    });
    const writes = copies.map(({ minute, tenantId, mark, counts }) => copyOf(minute, tenantId, partName(partition, mark), counts));
    await guarded(() => collection.bulkWrite(writes, { ordered: false }));
    await at?.("copied");
    const args = copies.flatMap(({ mark, counts }, i) => [names[i] as string, mark, ...Object.values(counts)]);
    return scripts.sfLedgerRemove(ledger, ledgerMarks, ...args);
  };

  const run = async (): Promise<number> => {
    if (!indexed) {
      await collection.createIndexes([{ key: { tenantId: 1, minute: 1 } }, { key: { minute: 1 } }, { key: { missing: 1 } }]);
      indexed = true;
    }
    const { rows, nowMs, closedUntilMs } = await readRows();
    const until = Math.min(closedUntilMs, nowMs - keepMinutes * MINUTE_MS);
    const due = rows.filter(({ minute }) => (minute + 1) * MINUTE_MS <= until);
    let moved = 0;
    for (let p = 0; p < partitions; p++) {
      const own = due.filter(({ partition }) => partition === p);
      for (let i = 0; i < own.length; i += ROWS_AT_ONCE) moved += await move(p, own.slice(i, i + ROWS_AT_ONCE));
    }
    return moved;
  };

  const tick = async (): Promise<void> => {
    // One process is enough. When its lease ends in the middle of a run, two of them do no harm.
    if ((await redis.set(keys.ledgerLease, "held", "PX", Math.ceil(everyMs * 0.9), "NX")) === "OK") await run();
  };
  const timer = setInterval(() => tick().catch(onError), everyMs);
  timer.unref();
  return { run, close: () => clearInterval(timer) };
}

/** Sets one part of a minute's document and makes the sums anew: repeating it changes nothing. */
function copyOf(minute: number, tenantId: string, part: string, counts: Counts): AnyBulkWriteOperation<LedgerDocument> {
  const total = (column: keyof Counts) => ({ $sum: { $map: { input: { $objectToArray: "$parts" }, in: `$$this.v.${column}` } } });
  return {
    updateOne: {
      filter: { _id: `${minute}:${tenantId}` },
      update: [
        { $set: { minute, tenantId, [`parts.${part}`]: counts } },
        { $set: { accepted: total("accepted"), stored: total("stored"), duplicate: total("duplicate"), dead: total("dead") } },
        { $set: { missing: { $subtract: ["$accepted", { $add: ["$stored", "$duplicate", "$dead"] }] } } },
      ],
      upsert: true,
    },
  };
}
