import type { Buffer } from "node:buffer";
import type { Redis } from "ioredis";
import { type PartitionKeys, WORKER_GROUP } from "./keys.js";
import { luaScript } from "./lua.js";
import { createEntryReader, NEWEST_VERSION, PACKED_VERSION, PackedEntryError, type StreamRecord } from "./record.js";

/** A stream entry in a worker's hands. */
export interface Entry {
  id: string;
  /** `<partition>/<id>`; absent for what was never in a stream. */
  place?: string;
  /** When Redis accepted it: the ms of its id. */
  acceptedAtMs: number;
  records: StreamRecord[];
  /** How often it was handed to a consumer; above 1 an earlier one did not finish it. */
  deliveries: number;
}

/** What `settle` does for one entry. */
export interface Settlement {
  entryId: string;
  /** Bytes of the records that are settled for good. */
  bytes: number;
  ledger: { minute: number; tenantId: string; stored: number; duplicate: number; dead: number }[];
  retries: { receipt: Buffer; dueAtMs: number; acceptedAtMs: number; record: Buffer }[];
  /** Identities of events that died and may be sent again. */
  releases: { identity: Buffer; receipt: Buffer }[];
  /** Receipts of events that came through the retry set and are settled now. */
  finishedRetries: Buffer[];
}

/** One partition, as a consumer of the group sees it. */
export interface Consumer {
  /** New entries, waiting up to `blockMs` for the first one (0: no waiting). */
  read(count: number, blockMs: number): Promise<Entry[]>;
  /** Entries that another consumer has left alone for `idleMs`. */
  claim(idleMs: number, count: number): Promise<Entry[]>;
  /** Says that these entries are still being worked on. */
  refresh(entryIds: string[]): Promise<void>;
  /** Leaves entries to the next who claims some, as if they had been left alone for `idleMs`; having been read here does not count as a try. */
  giveBack(entries: Pick<Entry, "id" | "deliveries">[], idleMs: number): Promise<void>;
  settle(settlements: Settlement[]): Promise<number>;
  /** Moves retries that are due back into the stream. */
  requeue(): Promise<number>;
  /** Receipts (8 bytes each) of the events of this entry that were being tried alone when their workers died. */
  markOf(entryId: string): Promise<Buffer | null>;
  /** Remembers these receipts for the entry until it is settled. */
  mark(entryId: string, receipts: Buffer): Promise<void>;
}

type RawEntry = [id: Buffer, fields: Buffer[] | null];

const REQUEUE_EVENTS = 500;

export interface ConsumerOptions {
  /** For everything that does not block. */
  redis: Redis;
  /** A connection of its own: a blocking read holds up everything behind it. */
  blocking: Redis;
  keys: PartitionKeys;
  partition: number;
  name: string;
  /** Told once about an entry that this worker cannot read; it stays in the stream. */
  onUnreadable: (entryId: string, error: Error) => void;
}

export function createConsumer(options: ConsumerOptions): Consumer {
  const { redis, blocking, keys, name } = options;
  redis.defineCommand("sfSettle", { numberOfKeys: 9, lua: luaScript("settle") });
  redis.defineCommand("sfRequeue", { numberOfKeys: 3, lua: luaScript("requeue") });
  const scripts = redis as unknown as {
    sfSettle(...args: (string | number | Buffer)[]): Promise<number>;
    sfRequeue(...args: (string | number | Buffer)[]): Promise<number>;
  };
  const readEntry = createEntryReader();
  const unreadable = new Set<string>();

  const toEntries = (raw: RawEntry[], deliveries: number): Entry[] => {
    const entries: Entry[] = [];
    for (const [idBytes, fields] of raw) {
      const id = idBytes.toString("latin1");
      try {
        const packed = fields?.[1];
        if (!packed) throw new PackedEntryError("the entry has no body");
        entries.push({
          id,
          place: `${options.partition}/${id}`,
          acceptedAtMs: Number.parseInt(id, 10),
          records: readEntry(packed),
          deliveries,
        });
      } catch (error) {
        if (!(error instanceof PackedEntryError)) throw error;
        if (!unreadable.has(id)) options.onUnreadable(id, error);
        unreadable.add(id);
      }
    }
    return entries;
  };

  /** Runs a group command; a group that is gone is made again at `0`, never `$`: at `$` it would skip what arrived meanwhile. */
  const withGroup = async <T>(command: () => Promise<T>): Promise<T> => {
    try {
      return await command();
    } catch (error) {
      if (!(error as Error).message.includes("NOGROUP")) throw error;
      await redis.xgroup("CREATE", keys.stream, WORKER_GROUP, "0", "MKSTREAM").catch((e: Error) => {
        if (!e.message.includes("BUSYGROUP")) throw e;
      });
      return command();
    }
  };

  return {
    async read(count, blockMs) {
      const connection = blockMs > 0 ? blocking : redis;
      const options_ = blockMs > 0 ? (["COUNT", count, "BLOCK", blockMs] as const) : (["COUNT", count] as const);
      const reply = await withGroup(() =>
        connection.callBuffer("XREADGROUP", "GROUP", WORKER_GROUP, name, ...options_, "STREAMS", keys.stream, ">"),
      );
      const streams = reply as [Buffer, RawEntry[]][] | null;
      return streams?.[0] ? toEntries(streams[0][1], 1) : [];
    },

    async claim(idleMs, count) {
      const reply = await withGroup(() => redis.callBuffer("XAUTOCLAIM", keys.stream, WORKER_GROUP, name, idleMs, "0-0", "COUNT", count));
      const raw = ((reply as unknown[])[1] as RawEntry[]).filter(([, fields]) => fields !== null);
      const entries = toEntries(raw, 2);
      if (entries.length === 0) return entries;
      // XAUTOCLAIM does not say how often an entry was delivered; its own pending list does.
      const first = entries[0] as Entry;
      const last = entries.at(-1) as Entry;
      const pending = (await redis.xpending(keys.stream, WORKER_GROUP, first.id, last.id, 1000, name)) as [
        string,
        string,
        number,
        number,
      ][];
      const deliveries = new Map(pending.map(([id, , , count_]) => [id, count_]));
      return entries.map((entry) => ({ ...entry, deliveries: deliveries.get(entry.id) ?? entry.deliveries }));
    },

    async refresh(entryIds) {
      if (entryIds.length > 0) await withGroup(() => redis.call("XCLAIM", keys.stream, WORKER_GROUP, name, 0, ...entryIds, "JUSTID"));
    },

    async giveBack(entries, idleMs) {
      for (const [deliveries, some] of Map.groupBy(entries, ({ deliveries }) => deliveries)) {
        const ids = some.map(({ id }) => id);
        await redis.call("XCLAIM", keys.stream, WORKER_GROUP, name, 0, ...ids, "IDLE", idleMs, "RETRYCOUNT", deliveries - 1, "JUSTID");
      }
    },

    settle(settlements) {
      const { stream, dedupe0, dedupe1, ledger, totals, retryDue, retryRecords, retryAccepted, marks } = keys;
      const args = settlements.flatMap(settlementArgs);
      return scripts.sfSettle(
        stream,
        dedupe0,
        dedupe1,
        ledger,
        totals,
        retryDue,
        retryRecords,
        retryAccepted,
        marks,
        WORKER_GROUP,
        ...args,
      );
    },

    requeue: () =>
      scripts.sfRequeue(
        keys.stream,
        keys.retryDue,
        keys.retryRecords,
        String.fromCharCode(PACKED_VERSION),
        String.fromCharCode(NEWEST_VERSION),
        REQUEUE_EVENTS,
      ),

    markOf: (entryId) => redis.hgetBuffer(keys.marks, entryId),
    async mark(entryId, receipts) {
      await redis.hset(keys.marks, entryId, receipts);
    },
  };
}

/** One entry's arguments of settle.lua, in its order. */
function settlementArgs(settlement: Settlement): (string | number | Buffer)[] {
  const args: (string | number | Buffer)[] = [settlement.entryId, settlement.bytes, settlement.ledger.length];
  for (const row of settlement.ledger) args.push(row.minute, row.tenantId, row.stored, row.duplicate, row.dead);
  args.push(settlement.retries.length);
  for (const retry of settlement.retries) args.push(retry.receipt, retry.dueAtMs, retry.acceptedAtMs, retry.record);
  args.push(settlement.releases.length);
  for (const release of settlement.releases) args.push(release.identity, release.receipt);
  args.push(settlement.finishedRetries.length, ...settlement.finishedRetries);
  return args;
}
